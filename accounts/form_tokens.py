"""Forms that are sent twice: processed once, with the same response to both requests."""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any, Final, cast
from uuid import UUID, uuid4

from django.conf import settings
from django.db import Error, connection
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.http.response import HttpResponseBase
from django.utils.crypto import salted_hmac

from accounts.models import Act
from config.database.repeat import repeat_if_lost

logger = logging.getLogger(__name__)

TOKEN_FIELD: Final = "csrfmiddlewaretoken"  # noqa: S105  the name of a field
# Longer than any statement may take: an older claim without a response belongs to a dead request.
CLAIM_FOR: Final = timedelta(seconds=30)
KEEP_FOR: Final = timedelta(seconds=30)
MAX_CONTENT_LENGTH: Final = 200_000
PAUSES: Final = (0.02, 0.03, 0.05)
LAST_PAUSE: Final = 0.1

# SKIP LOCKED: concurrent claims may delete the same old rows.
CLAIM: Final = """
    WITH deleted AS (
        DELETE FROM accounts_act WHERE key IN (
            SELECT key FROM accounts_act
            WHERE key <> %(key)s AND (expires_at <= clock_timestamp()
                OR answer IS NOT NULL AND %(browser)s IN (before, after))
            FOR UPDATE SKIP LOCKED))
    INSERT INTO accounts_act AS act (key, owner, before, after, expires_at)
    VALUES (%(key)s, %(owner)s, %(browser)s, '', clock_timestamp() + %(runs)s)
    ON CONFLICT (key) DO UPDATE
    SET owner = EXCLUDED.owner, before = EXCLUDED.before, after = '', answer = NULL,
        expires_at = EXCLUDED.expires_at
    WHERE act.expires_at <= clock_timestamp() OR act.owner IN (EXCLUDED.owner, %(failed)s)
"""

View = Callable[..., HttpResponseBase]


class FormRequest(HttpRequest):
    act: Act | None
    earlier_response: dict[str, Any] | None


class DuplicateFormMiddleware:
    """Process each submission once, and return the same response to duplicates.

    Each page gets a new CSRF token. Two requests with the same token, content and URL are
    therefore the same submission: a double click, a reload, or Back and Send. The first request
    claims the submission with a row in the database and stores its response there for KEEP_FOR. A
    duplicate waits and gets that response with its cookies: browsers follow the last response,
    which must set the session cookie.

    Only the same browser gets the response: its cookies must be those from before or after the
    submission. The browser's next submission deletes it, so that an action can be repeated after
    it was undone. Errors (5xx), 429 and downloads are not stored: the duplicate is then processed.
    If the database is lost and the claim cannot be deleted, a cookie says that it has failed.

    Runs after the CSRF check, so that forms of other sites do not count.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: FormRequest, view: View, *_: Any) -> HttpResponse | None:
        if getattr(view, "csrf_exempt", False) or not is_form(request):
            return None
        act = Act(key=make_key(request), owner=uuid4(), before=hash_browser(request.COOKIES))
        # Set before the claim: its result may be lost with the connection.
        request.act = act
        for _pause in poll():
            if repeat_if_lost(partial(claim, act, read_failed_owner(request))):
                return None
            if load_response(request, act):
                return HttpResponse()
        return None


def replay_response(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Any:
    """Store the submission's response, or return the earlier one.

    Runs outside of all middleware that sets cookies.
    """

    def middleware(request: FormRequest) -> HttpResponseBase:
        request.act = request.earlier_response = None
        response = get_response(request)
        if request.earlier_response:
            return build_response(request.earlier_response)
        if request.act:
            store_response(request, request.act, response)
        return response

    return middleware


def find_earlier_response(request: HttpRequest) -> bool:
    """Look for the stored response to a form whose token belongs to an earlier session.

    If there is one, `replay_response` returns it in place of the view's response.
    """
    if not is_form(request):
        return False
    act = Act(key=make_key(request), before=hash_browser(request.COOKIES))
    return load_response(cast("FormRequest", request), act)


def is_form(request: HttpRequest) -> bool:
    sent = request.method == "POST" and settings.CSRF_COOKIE_NAME in request.COOKIES
    return sent and has_token(request)


def has_token(request: HttpRequest) -> bool:
    try:
        return TOKEN_FIELD in request.POST
    except UnreadablePostError:  # the client disconnected or was too slow
        return False


def make_key(request: HttpRequest) -> str:
    fields = sorted(request.POST.lists())
    files = [
        (name, file.name, hash_file(file)) for name, sent in request.FILES.lists() for file in sent
    ]
    part = "HX-Request" in request.headers
    content = json.dumps([request.get_full_path(), part, fields, files])
    return salted_hmac("accounts.form_tokens", content, algorithm="sha256").hexdigest()


def hash_file(file: Any) -> str:
    content = hashlib.sha256()
    for chunk in file.chunks():
        content.update(chunk)
    file.seek(0)
    return content.hexdigest()


def hash_browser(cookies: dict[str, str]) -> str:
    names = (settings.CSRF_COOKIE_NAME, settings.SESSION_COOKIE_NAME)
    pair = json.dumps([cookies.get(name, "") for name in names])
    return salted_hmac("accounts.form_tokens.browser", pair, algorithm="sha256").hexdigest()


def poll() -> Iterator[None]:
    """Yield at once, and again after each pause until any claim must have expired."""
    deadline = time.monotonic() + CLAIM_FOR.total_seconds() + 1
    lengths = iter(PAUSES)
    while time.monotonic() < deadline:
        yield
        time.sleep(next(lengths, LAST_PAUSE))


def claim(act: Act, failed: UUID | None = None) -> bool:
    """Claim the submission, in one statement; return False if another request holds it.

    A claim by the owner `failed` is replaced.
    """
    values: dict[str, Any] = {
        "key": act.key,
        "owner": act.owner,
        "failed": failed,
        "browser": act.before,
        "runs": CLAIM_FOR,
    }
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, values)
        return bool(cursor.rowcount)


def load_response(request: FormRequest, act: Act) -> bool:
    stored = Act.objects.filter(key=act.key, expires_at__gt=Now()).exclude(answer=None).first()
    if stored is None or act.before not in (stored.before, stored.after):
        return False
    request.earlier_response = stored.answer
    return True


def store_response(request: HttpRequest, act: Act, response: HttpResponseBase) -> None:
    if response.status_code >= 500:
        # A sign-in rotates the token: after an error the form's own token must stay valid.
        response.cookies.pop(settings.CSRF_COOKIE_NAME, None)
    answer = serialize_response(response)
    after = hash_browser(merge_cookies(request, response))
    if not finish(act, answer, after) and answer is None:
        set_failure_cookie(response, act)


def finish(act: Act, answer: dict[str, Any] | None, after: str) -> bool:
    """Store the answer or, without one, delete the claim; return False if the database failed."""
    claims = Act.objects.filter(key=act.key, owner=act.owner)
    write: Callable[[], object] = claims.delete
    if answer is not None:
        write = partial(claims.update, answer=answer, after=after, expires_at=Now() + KEEP_FOR)
    try:
        repeat_if_lost(write)
    except Error:
        if answer is not None:
            # The form itself was processed.
            logger.warning("the response to a form could not be stored", exc_info=True)
        return False
    return True


def get_failure_cookie_name() -> str:
    return f"{settings.COOKIE_PREFIX}failed_act"


def set_failure_cookie(response: HttpResponseBase, act: Act) -> None:
    response.set_cookie(
        get_failure_cookie_name(),
        str(act.owner),
        max_age=CLAIM_FOR,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )


def read_failed_owner(request: HttpRequest) -> UUID | None:
    try:
        return UUID(request.COOKIES.get(get_failure_cookie_name(), ""))
    except ValueError:
        return None


def serialize_response(response: HttpResponseBase) -> dict[str, Any] | None:
    if response.streaming or response.status_code >= 500 or response.status_code == 429:
        return None
    content = cast("HttpResponse", response).content
    if len(content) > MAX_CONTENT_LENGTH or "Content-Disposition" in response.headers:
        return None
    cookies = {name: [morsel.value, dict(morsel)] for name, morsel in response.cookies.items()}
    return {
        "status": response.status_code,
        "headers": dict(response.headers),
        "cookies": cookies,
        "content": content.decode(response.charset),
    }


def build_response(answer: dict[str, Any]) -> HttpResponse:
    response = HttpResponse(answer["content"], status=answer["status"], headers=answer["headers"])
    for name, (value, attributes) in answer["cookies"].items():
        response.cookies[name] = value
        response.cookies[name].update(attributes)
    return response


def merge_cookies(request: HttpRequest, response: HttpResponseBase) -> dict[str, str]:
    """Return the cookies that the browser has after the response; deleted ones are empty."""
    return request.COOKIES | {name: morsel.value for name, morsel in response.cookies.items()}
