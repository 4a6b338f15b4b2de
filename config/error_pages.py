"""The URLconf's error handlers."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views import defaults

from config.api import api, is_user_deleted
from config.database.errors import explain, is_overload, is_unavailable
from config.lib.error_responses import TOO_LARGE, busy_page, is_api
from config.observe.events import Refusal
from config.observe.refusals import find_refusal
from files.objects import StorageError, is_full

logger = logging.getLogger(__name__)

Page = Callable[[HttpRequest, BaseException | None], HttpResponse]


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return respond(request, exception, render_bad_request)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return respond(request, exception, defaults.page_not_found)  # type: ignore[arg-type]  # Http404


def server_error(request: HttpRequest) -> HttpResponse:
    return respond(request, sys.exception(), render_server_error)


def respond(request: HttpRequest, error: BaseException | None, page: Page) -> HttpResponse:
    """Return the API's error for its own paths, and `page` for all others."""
    return api.on_exception(request, error) if is_api(request) else page(request, error)


def render_bad_request(request: HttpRequest, error: BaseException | None) -> HttpResponse:
    if is_unavailable(error):
        return render_database_error(request, error)
    if isinstance(error, TOO_LARGE):
        return HttpResponse(render_to_string("413.html"), status=413)
    return defaults.bad_request(request, error)  # type: ignore[arg-type]  # ignored


def render_server_error(request: HttpRequest, error: BaseException | None) -> HttpResponse:
    """Database or storage unavailable: 503. User deleted: sign-in page. Else 500."""
    if is_unavailable(error):
        return render_database_error(request, error)
    if is_user_deleted(request, error):
        return redirect_to_login(request.get_full_path())
    if isinstance(error, StorageError) or is_full(error):
        return busy_page("503_storage.html", request, refusal=Refusal.STORAGE)
    return defaults.server_error(request)


def render_database_error(request: HttpRequest, error: BaseException | None) -> HttpResponse:
    logger.error("%s: %s", request.path, explain(error))
    template = "503.html" if is_overload(error) else "503_database.html"
    return busy_page(template, request, refusal=find_refusal(error))
