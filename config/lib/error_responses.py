"""Error responses: JSON in the API's one shape under /api/, a page elsewhere."""

from __future__ import annotations

from typing import Any, Final

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.http.request import RawPostDataException
from django.template.loader import render_to_string

from config.lib.request_ids import request_id

API_PATH: Final = "/api/"
CODES: Final = {
    400: "bad_request:api",
    401: "unauthorized:auth",
    403: "forbidden:auth",
    404: "not_found:api",
    405: "method:api",
    411: "length_required:api",
    413: "too_large:api",
    415: "media_type:api",
    422: "invalid:api",
    429: "too_many:api",
    500: "error:api",
    503: "unavailable:database",
}
# Seconds until a client may try again after a 503.
RETRY_AFTER: Final = 5
RETRY: Final = {"Retry-After": str(RETRY_AFTER)}
TOO_LARGE: Final = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)
# Bytes; the 503 page repeats the values of forms up to this size.
LONGEST_FORM: Final = 1_000_000

Fields = dict[str, list[str]]


def is_api(request: HttpRequest) -> bool:
    return request.path.startswith(API_PATH)


def error_response(
    request: HttpRequest,
    status: int,
    message: str,
    template: str,
    context: dict[str, Any] | None = None,
) -> HttpResponse:
    """Return the message as JSON to a client of the API, and the template to a browser."""
    if is_api(request):
        return json_error(status, message)
    return HttpResponse(render_to_string(template, context), status=status)


def json_error(
    status: int, message: str, fields: Fields | None = None, *, code: str = "", refusal: str = ""
) -> HttpResponse:
    """Return the API's error; `fields` maps each invalid field to its messages."""
    code = code or CODES.get(status, CODES[400])
    body = {"code": code, "message": message, "fields": fields or {}}
    body["requestId"] = request_id.get()
    response = JsonResponse(body, status=status, headers=RETRY if status == 503 else None)
    return refuse(response, refusal)


def busy_page(
    template: str = "503.html", request: HttpRequest | None = None, *, refusal: str = ""
) -> HttpResponse:
    """Return a 503 page with the submitted form, to send it again.

    Uses neither the database nor the session.
    """
    sent = request if request and request.method == "POST" else None
    context = {"sent": sent is not None, "typed": _get_form_values(sent) if sent else None}
    response = HttpResponse(render_to_string(template, context), status=503, headers=RETRY)
    return refuse(response, refusal)


def refuse(response: HttpResponse, refusal: str) -> HttpResponse:
    """Give the response the reason for which the site could not serve the request, for the log."""
    response.refusal = refusal  # type: ignore[attr-defined]  # read by config.observe.request_log
    return response


def _get_form_values(request: HttpRequest) -> list[tuple[str, str]] | None:
    """Return the form's values; None if it has passwords or files or is unreadable."""
    if not 0 < int(request.META.get("CONTENT_LENGTH") or 0) <= LONGEST_FORM:
        return None
    try:
        posted, files = request.POST, request.FILES
    except (OSError, *TOO_LARGE, RawPostDataException, MultiPartParserError):
        return None
    if any(files.values()) or any("password" in name for name in posted):
        return None
    return [(name, str(value)) for name, values in posted.lists() for value in values]
