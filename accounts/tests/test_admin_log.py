"""The security log of changes to accounts and permissions in the admin site."""

import logging

import pytest
from django.contrib.auth.models import Group, Permission

from accounts.models import User
from accounts.tests.people import make_admin, make_user
from accounts.tests.test_admin import edit, get_path
from onboarding.models import Expert
from onboarding.tests.experts import make_experts

pytestmark = pytest.mark.django_db

NEW = "nine-blue-submarines"


@pytest.fixture
def by(client):
    admin = make_admin()
    client.force_login(admin)
    return f"by user {admin.pk}, from 127.0.0.1"


@pytest.fixture
def lines(by, caplog):
    caplog.set_level(logging.INFO, "security")
    caplog.clear()
    return lambda: [r.getMessage() for r in caplog.records if r.name == "security"]


def test_logs_changed_roles(client, by, lines):
    user, group = make_user(), Group.objects.create(name="Editors")
    right = Permission.objects.first()
    roles = {"is_staff": "on", "groups": [group.pk], "user_permissions": [right.pk]}
    edit(client, user, is_active=False, is_superuser="on", **roles)
    (line,) = lines()
    start, _, values = line.rpartition(": ")
    assert start == f"change of user {user.pk} {by}"
    assert set(values.split(", ")) == {
        "is_active=False",
        "is_staff=True",
        "is_superuser=True",
        f"groups=[{group.pk}]",
        f"user_permissions=[{right.pk}]",
    }


def test_does_not_log_changed_name(client, lines):
    edit(client, make_user(), name="Countess")
    assert lines() == []


def test_logs_changed_email_without_value(client, by, lines):
    user = make_user()
    edit(client, user, email="countess@example.org")
    assert lines() == [f"change of user {user.pk} {by}: email"]


def test_logs_new_password_without_value(client, by, lines):
    user = make_user()
    data = {"usable_password": "true", "password1": NEW, "password2": NEW}
    client.post(f"{get_path(user)}password/", data)
    assert lines() == [f"new password of user {user.pk} {by}"]


def test_logs_new_user(client, by, lines):
    data = {"email": "bob@example.org", "name": "Bob", "usable_password": "true"}
    client.post("/admin/accounts/user/add/", data | {"password1": NEW, "password2": NEW})
    bob = User.objects.get(email="bob@example.org")
    assert lines() == [f"creation of user {bob.pk} {by}: email"]


def test_logs_single_and_bulk_deletion(client, by, lines):
    ada, bob = make_user(), make_user(email="bob@example.org")
    client.post(f"{get_path(ada)}delete/", {"post": "yes"})
    chosen = {"action": "delete_selected", "_selected_action": [str(bob.pk)], "post": "yes"}
    client.post("/admin/accounts/user/", chosen)
    assert lines() == [f"deletion of user {one.pk} {by}" for one in (ada, bob)]


def test_logs_deletion_of_any_row(client, by, lines):
    make_experts(3)
    first, second, third = Expert.objects.all()
    client.post(f"/admin/onboarding/expert/{first.pk}/delete/", {"post": "yes"})
    chosen = [str(second.pk), str(third.pk)]
    data = {"action": "delete_selected", "_selected_action": chosen, "post": "yes"}
    client.post("/admin/onboarding/expert/", data)
    assert sorted(lines()) == [
        f"deletion of expert {pk} {by}" for pk in sorted((first.pk, second.pk, third.pk))
    ]


def test_logs_changed_permissions_of_group(client, by, lines):
    group, right = Group.objects.create(name="Editors"), Permission.objects.first()
    page = f"/admin/auth/group/{group.pk}/change/"
    client.post(page, {"name": "Editors", "permissions": [right.pk]})
    assert lines() == [f"change of group {group.pk} {by}: permissions=[{right.pk}]"]


def test_logs_confirmed_email(client, by, lines):
    user = make_user(confirmed=False)
    data = {"user": str(user.pk), "email": user.email, "verified": "on", "primary": "on"}
    client.post("/admin/account/emailaddress/add/", data)
    (line,) = lines()
    assert line.startswith("creation of email address ")
    assert by in line


def test_own_password_change_redirects_to_site_page(client, by):
    assert client.get("/admin/password_change/").url == "/accounts/password/change/"
