"""The pages that belong to no app: home, health and what is answered when nothing else is."""

from __future__ import annotations

import logging
import sys
from typing import cast

from django.contrib.auth.views import redirect_to_login
from django.db import DEFAULT_DB_ALIAS, Error, connections
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.http.request import RawPostDataException
from django.shortcuts import render
from django.template import loader
from django.views import defaults
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers
from django_htmx.middleware import HtmxDetails

from config.api import PATH, RETRY_AFTER, TOO_MUCH, api, fault, has_left
from config.database.backend.base import DatabaseWrapper
from config.database.errors import explain, is_overload, is_unavailable
from config.database.policy import PROBE_WAIT
from config.lib.pagination import NearestPages
from files.objects import StorageError, is_full
from onboarding.models import Expert, Preferences

logger = logging.getLogger(__name__)

EXPERTS_PER_PAGE = 24
LONGEST_SEARCH = 100
LONGEST_FORM = 1_000_000  # bytes of a form that an error page sends again
RETRY = {"Retry-After": str(RETRY_AFTER)}


class HtmxRequest(HttpRequest):
    """What the views get after django_htmx's middleware."""

    htmx: HtmxDetails


@require_safe
@never_cache
@vary_on_headers("HX-Request")
def home(request: HtmxRequest) -> HttpResponse:
    """The catalogue for who is signed in, else the landing page."""
    if not request.user.is_authenticated:
        return render(request, "landing.html")
    text = request.GET.get("q", "").strip()[:LONGEST_SEARCH]
    favourites = Preferences.of(request.user).experts
    experts = Expert.objects.for_catalogue(favourites).search(text)
    page = NearestPages(experts, EXPERTS_PER_PAGE).get_page(request.GET.get("page"))
    part = request.htmx and not request.htmx.history_restore_request
    template = "onboarding/expert_results.html" if part else "onboarding/expert_list.html"
    context = {"page": page, "q": text, "next": request.get_full_path()}
    return render(request, template, context)


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """Alive; asks nothing else."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """Able to serve: one statement came back through the pool, soon enough for a probe."""
    try:
        cast("DatabaseWrapper", connections[DEFAULT_DB_ALIAS]).probe(PROBE_WAIT)
    except Error as error:
        logger.warning("not ready: %s", explain(error))
        return HttpResponse(
            "database unavailable\n", content_type="text/plain", status=503, headers=RETRY
        )
    return HttpResponse("ready\n", content_type="text/plain")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if request.path.startswith(PATH):
        return api.on_exception(request, exception)
    if is_unavailable(exception):
        return unavailable(request, exception)
    if isinstance(exception, TOO_MUCH):
        return HttpResponse(loader.get_template("413.html").render(), status=413)
    return defaults.bad_request(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if request.path.startswith(PATH):
        return fault(404, "There is nothing at this address.")
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """What an exception ends in that nobody caught: 503 where only the database or storage cannot
    answer; what storage said is in the log already. Who has no account any more signs in."""
    error = sys.exception()
    if request.path.startswith(PATH):
        return api.on_exception(request, error)
    if is_unavailable(error):
        return unavailable(request, error)
    if has_left(request, error):
        return redirect_to_login(request.get_full_path())
    if isinstance(error, StorageError) or is_full(error):
        return busy("503_storage.html", request)
    return defaults.server_error(request)


def unavailable(request: HttpRequest, error: BaseException | None) -> HttpResponse:
    logger.error("%s: %s", request.path, explain(error))
    return busy("503.html" if is_overload(error) else "503_database.html", request)


def busy(template: str = "503.html", request: HttpRequest | None = None) -> HttpResponse:
    """The page needs no database, nor to know who asks; a form can be sent again from it."""
    sent = request if request and request.method == "POST" else None
    context = {"sent": sent is not None, "typed": typed(sent) if sent else None}
    page = loader.get_template(template).render(context)
    return HttpResponse(page, status=503, headers=RETRY)


def typed(request: HttpRequest) -> list[tuple[str, str]] | None:
    """What the form had in it; None where a page must not repeat it, or cannot."""
    if not 0 < int(request.META.get("CONTENT_LENGTH") or 0) <= LONGEST_FORM:
        return None
    try:
        posted, files = request.POST, request.FILES
    except (OSError, *TOO_MUCH, RawPostDataException, MultiPartParserError):
        return None
    if any(files.values()) or any("password" in name for name in posted):
        return None
    return [(name, str(value)) for name, values in posted.lists() for value in values]
