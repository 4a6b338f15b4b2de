"""Users with a row of everything, under fixed keys, and their browsers."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from uuid import UUID

import psycopg
from allauth.account.forms import default_token_generator
from allauth.account.internal.flows.email_verification_by_code import (
    EMAIL_VERIFICATION_CODE_SESSION_KEY as CODE,
)
from allauth.account.internal.flows.login import record_authentication
from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from django.contrib.auth.hashers import PBKDF2PasswordHasher, make_password
from django.contrib.auth.models import Group
from django.core.cache import cache as counts
from django.db import connections
from django.test import Client, RequestFactory
from django.utils import timezone

from accounts.models import Session, User
from accounts.tests.people import PASSWORD, make_admin, make_user
from config.mail.models import Mail
from config.mail.tests.rows import queue_mail
from config.tests.fixtures import KEPT, empty_tables
from files.models import StoredObject
from files.tests.rows import make_row
from onboarding.models import Preferences, Step
from onboarding.tests.experts import make_expert
from profiles.models import Profile
from tours.models import Tour

ADA, GRACE, CARL, FILE, DELETED, SESSION, OBJECT = (UUID(int=number) for number in range(1, 8))
# Integer keys: the favourite expert, another, an inactive one; and one row of each other model.
FAVOURITE, OTHER, RESTING, ROW = range(1_000_001, 1_000_005)
LINK = f"/accounts/password/reset/key/{user_pk_to_url_str(User(pk=ADA))}-set-password/"

TABLES = """
    SELECT relname FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
        AND NOT relname = ANY(%s) AND pg_relation_size(oid) > 0
"""


@cache
def hash_password():
    """Hash as the site does, which does not accept the tests' cheap hashes."""
    return make_password(PASSWORD, hasher=PBKDF2PasswordHasher())


def restore():
    """Restore the rows of `make_world` by COPY, in a tenth of the time."""
    saved = dump_tables()
    empty_tables()
    with psycopg.connect(**connections["jobs"].get_connection_params()) as connection:
        for table, content in saved:
            with connection.cursor().copy(f'COPY "{table}" FROM STDIN') as copy:
                copy.write(content)


@cache
def dump_tables():
    empty_tables()
    make_world()
    with psycopg.connect(**connections["jobs"].get_connection_params()) as connection:
        names = connection.execute(TABLES, [KEPT]).fetchall()
        return [(name, dump_table(connection, name)) for (name,) in names]


def dump_table(connection, table):
    with connection.cursor().copy(f'COPY "{table}" TO STDOUT') as copy:
        return b"".join(bytes(part) for part in copy)


def make_world():
    """Create Ada, a regular user, Grace, an administrator, and Carl, who is in the wizard."""
    for number, name in ((FAVOURITE, "Finance"), (OTHER, "People"), (RESTING, "Sales")):
        make_expert(pk=number, slug=name.lower(), name=name, is_active=number != RESTING)
    carl = make_user(pk=CARL, email="carl@example.org", name="", password=None, newcomer=True)
    Preferences.objects.create(user=carl, step=Step.EXPERTS)
    Tour.objects.create(user=carl, answered=True)
    make_admin(pk=GRACE, password=None)
    fill_account(make_user(pk=ADA, password=None))
    User.objects.update(password=hash_password())
    Group.objects.create(pk=ROW, name="Editors")
    queue_mail()
    Mail.objects.update(id=ROW, state=Mail.State.GIVEN_UP)


def fill_account(ada):
    ada.preferences.store(experts=[FAVOURITE], traits=["concise"])
    Tour.objects.create(user=ada)
    make_row(ada, id=FILE)
    make_row(ada, id=DELETED, name="old.txt", deleted_at=timezone.now())
    avatar = StoredObject.objects.create(key=f"{ADA}/{OBJECT}.webp", owner=ada, remove_after=None)
    Profile.objects.create(user=ada, avatar=avatar)
    EmailAddress.objects.filter(user=ada).update(id=ROW)
    Session.objects.create(
        pk=SESSION, session_key="a" * 32, user=ada, expire_date=timezone.now() + timedelta(days=1)
    )


def anonymous():
    return Client()


def signed_in(pk):
    browser = Client()
    browser.force_login(User.objects.get(pk=pk))
    return browser


def ada():
    return signed_in(ADA)


def grace():
    return signed_in(GRACE)


def carl():
    return signed_in(CARL)


def signing_up():
    """Return the browser of a new user who has not entered the code yet."""
    browser = Client()
    browser.post("/accounts/signup/", {"email": "new@example.org", "password1": PASSWORD})
    return browser


def signed_up_earlier():
    """Return the same, at a time when a new code is allowed."""
    browser = signing_up()
    session = browser.session
    session[CODE] |= {"at": session[CODE]["at"] - 60}
    session.save()
    counts.clear()
    return browser


def reauthenticated():
    """Return Ada's browser after she has entered her password."""
    browser = ada()
    request = RequestFactory().get("/")
    request.session = browser.session
    user = User.objects.get(pk=ADA)
    record_authentication(request, user, method="password", reauthenticated=True)
    request.session.save()
    return browser


def changing_email():
    """Return Ada's browser after a code was sent to her new e-mail address."""
    browser = reauthenticated()
    browser.post("/accounts/email/", {"action_add": "", "email": "countess@example.org"})
    return browser


def without_password():
    User.objects.filter(pk=ADA).update(password=make_password(None))
    return ada()


def with_link():
    """Return the browser of an anonymous user who has followed Ada's password reset link."""
    browser = Client()
    user = User.objects.get(pk=ADA)
    key = f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}"
    browser.get(f"/accounts/password/reset/key/{key}/")
    return browser
