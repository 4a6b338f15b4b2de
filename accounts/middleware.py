"""Who is signed in, from what the session's own statement brought, and who is not any more."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final, cast

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import (
    BACKEND_SESSION_KEY,
    HASH_SESSION_KEY,
    SESSION_KEY,
    load_backend,
    middleware,
)
from django.contrib.auth.models import AnonymousUser
from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.crypto import constant_time_compare
from django.utils.functional import SimpleLazyObject
from django_htmx.http import HttpResponseClientRedirect, HttpResponseClientRefresh
from django_htmx.middleware import HtmxMiddleware as DjangoHtmxMiddleware

from accounts.models import User
from accounts.requests import HtmxRequest
from accounts.sessions import SessionStore
from config.database.errors import is_unavailable

# Pages that render without the database.
PUBLIC_PAGES: Final = ("account_login", "account_signup", "account_reset_password")

# What is left to who has to choose a password first: to do so, or to leave.
FIRST: Final = frozenset(
    {
        "account_change_password",
        "account_logout",
        "account_reset_password",
        "account_reset_password_done",
        "account_reset_password_from_key",
        "account_reset_password_from_key_done",
        "accounts:sign_out_everywhere",
        "healthz",
        "readyz",
    }
)


class AuthenticationMiddleware(middleware.AuthenticationMiddleware):
    """Django's, without the second statement that fetches the user."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        user = partial(request_user, request)
        request.user = SimpleLazyObject(user)  # type: ignore[assignment]
        request.auser = partial(in_a_thread, user)


async def in_a_thread(user: Callable[[], User | AnonymousUser]) -> User | AnonymousUser:
    return await sync_to_async(user)()


def request_user(request: HttpRequest) -> User | AnonymousUser:
    """The person of the request's session. In an outage the way in shows itself as to a stranger.

    The request then goes without its session, so that nothing can end or overwrite it: Django
    leaves alone, cookie included, what is no session of its own.
    """
    try:
        return session_user(cast("SessionStore", request.session))
    except Error as error:
        if not (is_unavailable(error) and is_public_page(request)):
            raise
        request.session = {}  # type: ignore[assignment]
        return AnonymousUser()


def is_public_page(request: HttpRequest) -> bool:
    """Whether the whole page is asked for: a part of one, which htmx fetches, is no way in."""
    whole = request.method == "GET" and "HX-Request" not in request.headers
    return whole and request.path in map(reverse, PUBLIC_PAGES)


def session_user(session: SessionStore) -> User | AnonymousUser:
    """The person of the session, under the conditions of `django.contrib.auth.get_user`.

    A session whose hash does not fit the password any more is emptied; one that was signed
    with an older SECRET_KEY gets a new key and hash.
    """
    user_id = session.get(SESSION_KEY)  # The first value loads the session, and its user.
    user = session.user
    if user is None or str(user.pk) != user_id or not may_sign_in(user, session):
        return AnonymousUser()
    if fits(session, user.get_session_auth_hash()):
        return user
    if any(fits(session, old) for old in user.get_session_auth_fallback_hash()):
        session.cycle_key()
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        return user
    session.flush()
    return AnonymousUser()


def may_sign_in(user: User, session: SessionStore) -> bool:
    """Whether the way by which the session was opened is still open to this person."""
    path = session.get(BACKEND_SESSION_KEY)
    if path not in settings.AUTHENTICATION_BACKENDS:
        return False
    backend: Any = load_backend(path)
    return bool(backend.user_can_authenticate(user))


def fits(session: SessionStore, auth_hash: str) -> bool:
    return constant_time_compare(session.get(HASH_SESSION_KEY, ""), auth_hash)


class HtmxMiddleware(DjangoHtmxMiddleware):
    """django_htmx's; a session that has ended changes the whole page, as only members' pages have
    parts that htmx fetches: no part becomes the sign-in page."""

    def process_view(self, request: HtmxRequest, *view: Any) -> HttpResponse | None:
        # Asking request.htmx would read all headers of every request.
        if "HTTP_HX_REQUEST" not in request.META or request.user.is_authenticated:
            return None
        response = HttpResponseClientRefresh()
        add_never_cache_headers(response)
        return response


class FirstPasswordMiddleware:
    """Lead who has a password that somebody else chose to the page where they change it.

    The API refuses them itself, in its own words.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HtmxRequest, *view: Any) -> HttpResponse | None:
        match = request.resolver_match
        if match is None or match.view_name in FIRST or match.namespace == "api":
            return None
        if not (request.user.is_authenticated and request.user.must_change_password):
            return None
        url = reverse("account_change_password")
        response = HttpResponseClientRedirect(url) if request.htmx else redirect(url)
        add_never_cache_headers(response)
        return response
