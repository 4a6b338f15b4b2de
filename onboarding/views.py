from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import HttpResponseClientRefresh

from accounts.requests import HtmxRequest, SignedInRequest, post_or_redirect
from config.lib.pagination import NearestPaginator
from onboarding import favourites
from onboarding.forms import FORMS
from onboarding.models import Expert, Preferences, Step
from onboarding.next_url import build_query, get_next_url, get_redirect_url
from onboarding.results import Results

EXPERTS_PER_PAGE: Final = 24
MAX_SEARCH_LENGTH: Final = 100

StepView = Callable[[SignedInRequest, Step], HttpResponse]


def get_wizard_url(request: HttpRequest) -> str:
    return reverse("onboarding:wizard") + build_query(get_next_url(request))


def get_step_url(request: SignedInRequest) -> str:
    step = Preferences.for_user(request.user).reached
    return reverse("onboarding:step", args=[step]) + build_query(get_next_url(request))


def reached_step_required(view: StepView) -> StepView:
    """Redirect onboarded users onward, and users who skipped ahead back to their step."""

    @wraps(view)
    def guarded(request: SignedInRequest, step: Step) -> HttpResponse:
        preferences = Preferences.for_user(request.user)
        if preferences.is_onboarded:
            if request.method == "POST":
                messages.info(
                    request, "Your setup is already complete. You can change it in your profile."
                )
            return HttpResponseRedirect(get_redirect_url(request))
        if not preferences.has_reached(step):
            return HttpResponseRedirect(get_step_url(request))
        return view(request, step)

    return guarded


@require_safe
@never_cache
@vary_on_headers("HX-Request")
def home(request: HtmxRequest) -> HttpResponse:
    if not request.user.is_authenticated:
        return render(request, "onboarding/landing.html")
    text = request.GET.get("q", "").strip()[:MAX_SEARCH_LENGTH]
    results = Results(text, Preferences.for_user(request.user).experts)
    page = NearestPaginator(results, EXPERTS_PER_PAGE).get_page(request.GET.get("page"))
    is_partial = request.htmx and not request.htmx.history_restore_request
    template = "onboarding/expert_results.html" if is_partial else "onboarding/expert_list.html"
    context = {
        "page": page,
        "q": text,
        "is_cut": results.is_cut,
        "next": request.get_full_path(),
    }
    return render(request, template, context)


@require_safe
@never_cache
@login_required
def wizard(request: SignedInRequest) -> HttpResponse:
    onboarded = Preferences.for_user(request.user).is_onboarded
    return HttpResponseRedirect(get_redirect_url(request) if onboarded else get_step_url(request))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
@reached_step_required
def step(request: SignedInRequest, step: Step) -> HttpResponse:
    form = FORMS[step](request.user, request.POST if request.method == "POST" else None)
    if form.is_valid():
        with transaction.atomic():
            form.save()
            Preferences.for_user(request.user).complete_step(step)
        return redirect_onward(request, step)
    status = 422 if form.errors else 200
    context = {
        "form": form,
        "step": step,
        "steps": Step,
        "reached": Preferences.for_user(request.user).reached,
        "query": build_query(get_next_url(request)),
    }
    return render(request, f"onboarding/step_{step}.html", context, status=status)


@post_or_redirect(get_wizard_url)
@login_required
@reached_step_required
def skip(request: SignedInRequest, step: Step) -> HttpResponse:
    Preferences.for_user(request.user).complete_step(step)
    return redirect_onward(request, step)


def redirect_onward(request: SignedInRequest, step: Step) -> HttpResponse:
    if step.after:
        url = reverse("onboarding:step", args=[step.after])
        return HttpResponseRedirect(url + build_query(get_next_url(request)))
    messages.success(request, "You are all set. Welcome to AI4CEO!")
    return HttpResponseRedirect(get_redirect_url(request))


@post_or_redirect("home")
@login_required
def favourite(request: HtmxRequest, pk: int) -> HttpResponse:
    get_object_or_404(Expert.objects.active(), pk=pk)
    try:
        favourites.add(request.user, pk)
    except ValidationError as error:
        messages.error(request, error.messages[0])
        return (
            HttpResponseClientRefresh()
            if request.htmx
            else HttpResponseRedirect(get_redirect_url(request))
        )
    return render_favourite(request, pk, is_favourite=True)


@post_or_redirect("home")
@login_required
def unfavourite(request: HtmxRequest, pk: int) -> HttpResponse:
    favourites.remove(request.user, pk)
    return render_favourite(request, pk, is_favourite=False)


def render_favourite(request: HtmxRequest, pk: int, *, is_favourite: bool) -> HttpResponse:
    """Return the expert's card to htmx; else redirect back to the page with the expert."""
    if not request.htmx:
        messages.success(request, "Your favourites are updated.")
        return HttpResponseRedirect(f"{get_redirect_url(request)}#expert-{pk}")
    favourite_ids = [pk] if is_favourite else []
    expert = get_object_or_404(Expert.objects.for_catalogue(favourite_ids), pk=pk)
    context = {"expert": expert, "next": get_redirect_url(request)}
    return render(request, "onboarding/expert_card.html", context)
