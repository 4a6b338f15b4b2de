from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.requests import SignedInRequest, post_or_redirect
from tours.models import Tour
from tours.steps import NUMBERS, STEPS


@require_safe
@never_cache
@login_required
def tour(request: SignedInRequest) -> HttpResponse:
    return render(request, "tours/tour.html", {"steps": STEPS})


@post_or_redirect("tours:tour")
@login_required
def start(request: SignedInRequest) -> HttpResponse:
    number = NUMBERS.get(request.POST.get("step", ""), 1)
    Tour.for_user(request.user).store(answered=True)
    return redirect(f"{STEPS[number - 1].path}?tour={number}")


@post_or_redirect("home")
@login_required
def later(request: SignedInRequest) -> HttpResponse:
    Tour.for_user(request.user).store(answered=True)
    messages.info(request, "You can take the tour at any time from your profile.")
    return redirect("home")
