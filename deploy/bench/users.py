"""Signed-in users with a row in every app."""

from __future__ import annotations

from typing import Final

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.hashers import make_password
from django.db import connections
from django.utils import timezone

from accounts.models import Session, User
from accounts.sessions import SessionStore
from bench import postgres
from onboarding.models import Preferences
from profiles.models import Profile
from tours.models import Tour

BACKEND: Final = "accounts.backends.AuthenticationBackend"
STOCK_BACKEND: Final = "django.contrib.auth.backends.ModelBackend"
TOKEN: Final = "t" * 32  # CSRF token; cookie and header must match
BIO: Final = "Leads a company of ninety people that builds analytical engines. " * 3


def create_users(count: int) -> list[str]:
    """Create signed-in users and return their Cookie headers."""
    numbers = range(count)
    users = User.objects.bulk_create(
        User(email=f"user-{n}@example.org", name=f"User {n}", password=make_password(None))
        for n in numbers
    )
    now = timezone.now()
    Profile.objects.bulk_create(Profile(user=u, bio=BIO, timezone="Europe/Berlin") for u in users)
    Preferences.objects.bulk_create(Preferences(user=u, finished_at=now) for u in users)
    Tour.objects.bulk_create(Tour(user=u) for u in users)
    cookies = [f"sessionid={sign_in(user)}; csrftoken={TOKEN}" for user in users]
    connections.close_all()
    return cookies


def sign_in(user: User) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = BACKEND
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)


def copy_sessions() -> None:
    """Copy the sessions to the stock project's table, with its authentication backend."""
    for session in Session.objects.all():
        values = session.get_decoded() | {BACKEND_SESSION_KEY: STOCK_BACKEND}
        data = SessionStore().encode(values)
        postgres.store_stock_session(session.session_key, data, session.expire_date)
    connections.close_all()
