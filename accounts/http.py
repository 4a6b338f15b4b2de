"""The request as a view behind `login_required` gets it."""

from __future__ import annotations

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from accounts.models import User


class SignedInRequest(HttpRequest):
    user: User


class HtmxRequest(SignedInRequest):
    """The same where the view asks whether htmx has sent it."""

    htmx: HtmxDetails
