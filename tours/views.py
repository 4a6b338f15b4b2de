from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.http import SignedInRequest
from tours.models import Tour
from tours.steps import STEPS


@require_safe
@never_cache
@login_required
def tour(request: SignedInRequest) -> HttpResponse:
    """The steps to read, for who has no JavaScript or no wish to be led."""
    return render(request, "tours/tour.html", {"steps": STEPS})


@require_POST
@login_required
def start(request: SignedInRequest) -> HttpResponse:
    Tour.of(request.user).store(answered=True)
    return redirect(f"{STEPS[0].path}?tour=1")


@require_POST
@login_required
def later(request: SignedInRequest) -> HttpResponse:
    Tour.of(request.user).store(answered=True)
    messages.info(request, "The tour waits for you in your profile.")
    return redirect("home")
