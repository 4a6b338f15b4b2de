"""The request's user from the session, and redirects for expired sessions and first passwords."""

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

# Open to users who must choose a password first.
FIRST_PASSWORD_URLS: Final = frozenset(
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
    """Django's, without a second statement for the user."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)

        def load_user() -> User | AnonymousUser:
            user = get_request_user(request)
            # Each attribute of the lazy object is a call; together 5 % of an API request.
            if request.user is lazy_user:
                request.user = user
            return user

        lazy_user = cast("User", SimpleLazyObject(load_user))
        request.user = lazy_user
        request.auser = partial(call_in_thread, load_user)


class UnknownUser(AnonymousUser):
    """Whoever sends the request: the database does not answer."""


async def call_in_thread(user: Callable[[], User | AnonymousUser]) -> User | AnonymousUser:
    return await sync_to_async(user)()


def get_request_user(request: HttpRequest) -> User | AnonymousUser:
    """Return the session's user. In an outage, public pages render for an unknown user.

    `is_user_unknown` and `renders_in_outage` are set by middleware of single pages.

    The session is then replaced by a dict, so that nothing can delete or overwrite it: Django does
    not save a session that is not its own, and keeps the cookie.
    """
    if not getattr(request, "is_user_unknown", False):
        try:
            return get_session_user(cast("SessionStore", request.session))
        except Error as error:
            if not (is_unavailable(error) and renders_in_outage(request)):
                raise
    request.session = {}  # type: ignore[assignment]  # see above
    return UnknownUser()


def renders_in_outage(request: HttpRequest) -> bool:
    return getattr(request, "renders_in_outage", False) or is_public_page(request)


def is_public_page(request: HttpRequest) -> bool:
    whole = request.method == "GET" and "HX-Request" not in request.headers
    return whole and request.path in map(reverse, PUBLIC_PAGES)


def get_session_user(session: SessionStore) -> User | AnonymousUser:
    """Return the session's user, under the conditions of `django.contrib.auth.get_user`.

    Flush a session whose hash no longer matches the password. Give one that was signed with an
    older SECRET_KEY a new key and hash.
    """
    user_id = session.get(SESSION_KEY)  # Loads the session with its user.
    user = session.user
    if user is None or str(user.pk) != user_id or not can_sign_in(user, session):
        return AnonymousUser()
    if matches_hash(session, user.get_session_auth_hash()):
        return user
    if any(matches_hash(session, old) for old in user.get_session_auth_fallback_hash()):
        session.cycle_key()
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        return user
    session.flush()
    return AnonymousUser()


def can_sign_in(user: User, session: SessionStore) -> bool:
    path = session.get(BACKEND_SESSION_KEY)
    if path not in settings.AUTHENTICATION_BACKENDS:
        return False
    backend: Any = load_backend(path)
    return bool(backend.user_can_authenticate(user))


def matches_hash(session: SessionStore, auth_hash: str) -> bool:
    return constant_time_compare(session.get(HASH_SESSION_KEY, ""), auth_hash)


class HtmxMiddleware(DjangoHtmxMiddleware):
    """Reload the whole page if the session has ended, so that no part becomes the sign-in page.

    Only pages that require signing in fetch parts by htmx.
    """

    def process_view(self, request: HtmxRequest, *view: Any) -> HttpResponse | None:
        # request.htmx would parse the headers of every request.
        if "HTTP_HX_REQUEST" not in request.META or request.user.is_authenticated:
            return None
        if isinstance(request.user, UnknownUser):
            return None
        response = HttpResponseClientRefresh()
        add_never_cache_headers(response)
        return response


class FirstPasswordMiddleware:
    """Redirect users who must change their first password.

    The API has its own error for them.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HtmxRequest, *view: Any) -> HttpResponse | None:
        match = request.resolver_match
        if match is None or match.view_name in FIRST_PASSWORD_URLS or match.namespace == "api":
            return None
        if not (request.user.is_authenticated and request.user.must_change_password):
            return None
        url = reverse("account_change_password")
        response = HttpResponseClientRedirect(url) if request.htmx else redirect(url)
        add_never_cache_headers(response)
        return response
