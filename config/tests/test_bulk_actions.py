"""Admin actions on many rows, selected one by one or all at once."""

import re

import pytest
from django.test import Client

from accounts.models import Session, User
from accounts.tests.people import make_admin
from onboarding.models import Expert
from onboarding.tests.experts import make_expert

pytestmark = pytest.mark.django_db

MANY = 1_050  # more than Django accepts by default
FIELD = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')
CHOICES = pytest.mark.parametrize("across", [False, True], ids=["one by one", "all of the list"])


def experts():
    example = make_expert()
    names = ("name", "description", "icon", "prompt", "personality")
    values = {name: getattr(example, name) for name in names}
    rows = [Expert(slug=f"many-{n}", is_active=True, **values) for n in range(MANY)]
    Expert.objects.bulk_create(rows)
    return "/admin/onboarding/expert/?q=many", Expert.objects.filter(slug__startswith="many")


def people():
    rows = [User(email=f"many-{n}@example.org", password="!") for n in range(MANY)]
    User.objects.bulk_create(rows)
    return "/admin/accounts/user/?q=many", User.objects.filter(email__startswith="many")


def sessions():
    Client().force_login(make_admin(email="many@example.org"))
    session = Session.objects.get(user__email="many@example.org")
    values = {"expire_date": session.expire_date, "user": session.user}
    Session.objects.bulk_create(Session(session_key=f"many-{n}", **values) for n in range(MANY - 1))
    return "/admin/accounts/session/?q=many", Session.objects.filter(user=session.user)


def select(rows, action, *, across):
    keys = [str(key) for key in rows.values_list("pk", flat=True)]
    chosen = keys[:1] if across else keys
    return {"action": action, "_selected_action": chosen, "select_across": str(int(across))}


@CHOICES
def test_own_action_handles_all_rows(admin, across):
    path, rows = experts()
    assert admin.post(path, select(rows, "deactivate", across=across)).status_code == 302
    assert set(rows.values_list("is_active", flat=True)) == {False}


@pytest.mark.parametrize(
    ("make", "across"),
    [(experts, False), (experts, True), (people, True), (sessions, False)],
)
def test_deletes_all_after_confirmation(admin, make, across):
    path, rows = make()
    assert rows.count() == MANY
    page = admin.post(path, select(rows, "delete_selected", across=across))
    assert page.status_code == 200
    confirmed = {}
    for name, value in FIELD.findall(page.content.decode()):
        confirmed.setdefault(name, []).append(value)
    assert admin.post(path, confirmed).status_code == 302
    assert rows.count() == 0
