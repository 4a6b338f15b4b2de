"""One act, one effect: a form that is sent twice is done once, and has one answer.

The token in a page's forms (csrfmiddlewaretoken) is made anew with each page. The same token with
the same content at the same address is therefore the same act: a double click, an impatient
reload, or Back and again. The first request claims the act in the database, and leaves its answer
there with its cookies: a browser follows the last answer only, and a new session has to come with
that one. Whoever sends the act again meanwhile, or up to KEPT later, waits and gets that answer.

Only the browser that acted gets it: with the cookies that it had before, or has since. The next
act of the browser ends it, so that what was undone can be done again. What failed (5xx, 429), or
cannot be kept (a download), is no answer to keep: the second request then acts itself. Where the
database was lost, and the claim cannot be deleted, a cookie says that it has failed.
"""

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

TOKEN: Final = "csrfmiddlewaretoken"  # noqa: S105  the name of a field
# What is not answered by then has died on the way: longer than any statement may take.
RUNS: Final = timedelta(seconds=30)
KEPT: Final = timedelta(seconds=30)
LARGEST: Final = 200_000
PAUSES: Final = (0.02, 0.03, 0.05)
LAST_PAUSE: Final = 0.1

# Other people's claims may delete the same old rows: whoever comes second leaves them.
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


class ActRequest(HttpRequest):
    act: Act | None
    earlier_answer: dict[str, Any] | None


class ActOnce:
    """Claims the act; behind the check of the form's token, so that nobody else's form counts."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: ActRequest, view: View, *_: Any) -> HttpResponse | None:
        if getattr(view, "csrf_exempt", False) or not is_act(request):
            return None
        act = Act(key=key_of(request), owner=uuid4(), before=browser_of(request.COOKIES))
        # Before it is known whether it is claimed: that answer may be lost.
        request.act = act
        for _pause in pauses():
            if repeat_if_lost(partial(claim, act, failed_owner(request))):
                return None
            if answered(request, act):
                return HttpResponse()
        return None


def keep_answer(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Any:
    """Keep the act's answer, or give the earlier one; around all that sets cookies."""

    def middleware(request: ActRequest) -> HttpResponseBase:
        request.act = request.earlier_answer = None
        response = get_response(request)
        if request.earlier_answer:
            return response_of(request.earlier_answer)
        if request.act:
            keep(request, request.act, response)
        return response

    return middleware


def answered_before(request: HttpRequest) -> bool:
    """Whether this form, whose token is of an earlier sign-in, has been done by this browser.

    If so, `keep_answer` gives that answer in place of whatever is returned now.
    """
    if not is_act(request):
        return False
    act = Act(key=key_of(request), before=browser_of(request.COOKIES))
    return answered(cast("ActRequest", request), act)


def is_act(request: HttpRequest) -> bool:
    sent = request.method == "POST" and settings.CSRF_COOKIE_NAME in request.COOKIES
    return sent and has_token(request)


def has_token(request: HttpRequest) -> bool:
    try:
        return TOKEN in request.POST
    except UnreadablePostError:  # whoever sent it has gone, or was too slow
        return False


def key_of(request: HttpRequest) -> str:
    """What makes the act this one; it cannot be guessed from, since the token is in it."""
    fields = sorted(request.POST.lists())
    files = [
        (name, file.name, digest(file)) for name, sent in request.FILES.lists() for file in sent
    ]
    part = "HX-Request" in request.headers
    content = json.dumps([request.get_full_path(), part, fields, files])
    return salted_hmac("accounts.form_tokens", content, algorithm="sha256").hexdigest()


def digest(file: Any) -> str:
    content = hashlib.sha256()
    for chunk in file.chunks():
        content.update(chunk)
    file.seek(0)
    return content.hexdigest()


def browser_of(cookies: dict[str, str]) -> str:
    names = (settings.CSRF_COOKIE_NAME, settings.SESSION_COOKIE_NAME)
    pair = json.dumps([cookies.get(name, "") for name in names])
    return salted_hmac("accounts.form_tokens.browser", pair, algorithm="sha256").hexdigest()


def pauses() -> Iterator[None]:
    """One turn, and then others until the act must have ended."""
    deadline = time.monotonic() + RUNS.total_seconds() + 1
    lengths = iter(PAUSES)
    while time.monotonic() < deadline:
        yield
        time.sleep(next(lengths, LAST_PAUSE))


def claim(act: Act, failed: UUID | None = None) -> bool:
    """Whether the act is this request's to do: one statement, atomic.

    It is where nobody else has claimed it, or whoever has is known to have failed.
    """
    values: dict[str, Any] = {
        "key": act.key,
        "owner": act.owner,
        "failed": failed,
        "browser": act.before,
        "runs": RUNS,
    }
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, values)
        return bool(cursor.rowcount)


def answered(request: ActRequest, act: Act) -> bool:
    done = Act.objects.filter(key=act.key, expires_at__gt=Now()).exclude(answer=None).first()
    if done is None or act.before not in (done.before, done.after):
        return False
    request.earlier_answer = done.answer
    return True


def keep(request: HttpRequest, act: Act, response: HttpResponseBase) -> None:
    """Leave the answer for those who send the act again; without one they do it themselves."""
    if response.status_code >= 500:
        # A sign-in renews the token: the one that the form was sent with stays good.
        response.cookies.pop(settings.CSRF_COOKIE_NAME, None)
    answer = answer_of(response)
    after = browser_of(cookies_after(request, response))
    if not settled(act, answer, after) and answer is None:
        remember_failure(response, act)


def settled(act: Act, answer: dict[str, Any] | None, after: str) -> bool:
    """Whether the answer is kept or, without one, the claim ended."""
    mine = Act.objects.filter(key=act.key, owner=act.owner)
    settle: Callable[[], object] = mine.delete
    if answer is not None:
        settle = partial(mine.update, answer=answer, after=after, expires_at=Now() + KEPT)
    try:
        repeat_if_lost(settle)
    except Error:
        if answer is not None:
            # It is done all the same.
            logger.warning("the answer to a form could not be kept", exc_info=True)
        return False
    return True


def failed_cookie() -> str:
    return f"{settings.COOKIE_PREFIX}failed_act"


def remember_failure(response: HttpResponseBase, act: Act) -> None:
    """Have the browser say, when it sends the act again, that this one does it no more."""
    response.set_cookie(
        failed_cookie(),
        str(act.owner),
        max_age=RUNS,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )


def failed_owner(request: HttpRequest) -> UUID | None:
    try:
        return UUID(request.COOKIES.get(failed_cookie(), ""))
    except ValueError:
        return None


def answer_of(response: HttpResponseBase) -> dict[str, Any] | None:
    if response.streaming or response.status_code >= 500 or response.status_code == 429:
        return None
    content = cast("HttpResponse", response).content
    if len(content) > LARGEST or "Content-Disposition" in response.headers:
        return None
    cookies = {name: [morsel.value, dict(morsel)] for name, morsel in response.cookies.items()}
    return {
        "status": response.status_code,
        "headers": dict(response.headers),
        "cookies": cookies,
        "content": content.decode(response.charset),
    }


def response_of(answer: dict[str, Any]) -> HttpResponse:
    response = HttpResponse(answer["content"], status=answer["status"], headers=answer["headers"])
    for name, (value, attributes) in answer["cookies"].items():
        response.cookies[name] = value
        response.cookies[name].update(attributes)
    return response


def cookies_after(request: HttpRequest, response: HttpResponseBase) -> dict[str, str]:
    """The browser's cookies once it has the answer; one that is deleted has no value."""
    return request.COOKIES | {name: morsel.value for name, morsel in response.cookies.items()}
