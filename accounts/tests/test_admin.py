import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Session
from accounts.tests import mailbox
from accounts.tests.people import PASSWORD, make_admin, make_user

pytestmark = pytest.mark.django_db

NEW = "nine-blue-submarines"


@pytest.fixture
def admin(client):
    grace = make_admin()
    client.force_login(grace)
    return grace


@pytest.fixture
def clerk(client):
    """Somebody on the staff who may do everything with people and sessions, and is no more."""
    user = make_user(email="carl@example.org", is_staff=True)
    models = ["user", "session"]
    user.user_permissions.set(Permission.objects.filter(content_type__model__in=models))
    client.force_login(user)
    return user


def person(user):
    return f"/admin/accounts/user/{user.pk}/"


def edit(client, user, **overrides):
    """Posts the person's page as it is, but for `overrides`."""
    form = client.get(f"{person(user)}change/").context["adminform"].form
    data = {name: value for name in form.fields if (value := form[name].value()) is not None}
    data = {name: value for name, value in (data | overrides).items() if value is not False}
    return client.post(f"{person(user)}change/", data)


def test_signing_in_is_at_the_site_s_own_page(client):
    response = client.get("/admin/", follow=True)
    assert response.redirect_chain[-1][0] == "/accounts/login/?next=%2Fadmin%2F"


def test_posting_to_the_administration_s_sign_in_signs_nobody_in(client):
    make_admin()
    data = {"username": "grace@example.org", "password": PASSWORD}
    assert client.post("/admin/login/", data).url.startswith("/accounts/login/")
    assert not Session.objects.exists()


def test_who_is_not_on_the_staff_is_turned_away(client):
    client.force_login(make_user())
    assert client.get("/admin/", follow=True).status_code == 403


@pytest.mark.parametrize(
    "path",
    [
        "/admin/",
        "/admin/accounts/user/",
        "/admin/accounts/user/add/",
        "/admin/accounts/user/?q=ada",
        "/admin/accounts/session/",
        "/admin/accounts/session/?q=ada",
        "/admin/auth/group/",
        "/admin/auth/group/add/",
        "/admin/account/emailaddress/",
    ],
)
def test_the_pages_open(client, admin, path):
    assert client.get(path).status_code == 200


@pytest.mark.parametrize("text", ["ADA@example", "lovelace"])
def test_people_are_found_by_address_and_name(client, admin, text):
    user = make_user()
    page = client.get("/admin/accounts/user/", {"q": text})
    assert list(page.context["cl"].queryset) == [user]


def test_roles_are_given_on_the_person_s_page(client, admin):
    user, group = make_user(), Group.objects.create(name="Editors")
    response = edit(client, user, is_staff="on", groups=[group.pk])
    assert response.status_code == 302
    user.refresh_from_db()
    assert (user.is_staff, user.is_superuser, list(user.groups.all())) == (True, False, [group])


def test_a_new_person_gets_in_by_the_mailed_link(client, admin, client_of_bob):
    data = {"email": "Bob@Example.org", "name": "Bob", "usable_password": "true"}
    client.post("/admin/accounts/user/add/", data | {"password1": NEW, "password2": NEW})
    login = {"login": "bob@example.org", "password": NEW}
    assert client_of_bob.post("/accounts/login/", login).url == "/accounts/confirm-email/"
    mailbox.deliver_all().clear()  # the code, which does as well
    client_of_bob.post("/accounts/password/reset/", {"email": "bob@example.org"})
    page = client_of_bob.get(mailbox.get_link()).url
    client_of_bob.post(page, {"password1": NEW, "password2": NEW})
    assert client_of_bob.post("/accounts/login/", login).url == "/"


def test_a_taken_address_is_refused_in_any_case(client, admin):
    data = {"email": "GRACE@example.org", "usable_password": "true"}
    response = client.post("/admin/accounts/user/add/", data | {"password1": NEW, "password2": NEW})
    assert "email" in response.context["adminform"].form.errors


def test_another_password_ends_the_person_s_sessions(client, admin, client_of_bob):
    user = make_user()
    client_of_bob.force_login(user)
    data = {"usable_password": "true", "password1": NEW, "password2": NEW}
    assert client.post(f"{person(user)}password/", data).status_code == 302
    user.refresh_from_db()
    assert user.check_password(NEW)
    assert not user.sessions.exists()


def test_one_s_own_password_keeps_one_signed_in(client, admin):
    data = {"usable_password": "true", "password1": NEW, "password2": NEW}
    client.post(f"{person(admin)}password/", data)
    assert client.get("/admin/").status_code == 200


def test_another_address_makes_the_former_one_worthless(client, admin, client_of_bob):
    user = make_user()
    edit(client, user, email="countess@example.org")
    login = {"login": "ada@example.org", "password": PASSWORD}
    assert client_of_bob.post("/accounts/login/", login).status_code == 200
    client_of_bob.post("/accounts/password/reset/", {"email": "ada@example.org"})
    assert "/key/" not in mailbox.deliver_all()[0].body
    user.refresh_from_db()
    assert (user.email, user.has_confirmed_email()) == ("countess@example.org", False)


def test_sessions_are_listed_without_what_opens_them(client, admin):
    user = make_user()
    Client().force_login(user)
    session = user.sessions.get()
    pages = ["/admin/accounts/session/", f"/admin/accounts/session/{session.pk}/change/"]
    for content in (client.get(page).content.decode() for page in pages):
        assert "ada@example.org" in content
        assert session.session_key not in content
        assert session.session_data not in content


def test_a_deleted_session_signs_the_browser_out(client, admin, client_of_bob):
    user = make_user()
    client_of_bob.force_login(user)
    page = f"/admin/accounts/session/{user.sessions.get().pk}/delete/"
    assert client.post(page, {"post": "yes"}).status_code == 302
    assert client_of_bob.get("/").context["user"].is_anonymous


def test_sessions_are_neither_made_nor_changed(client, admin):
    session = admin.sessions.get()
    assert client.get("/admin/accounts/session/add/").status_code == 403
    page = f"/admin/accounts/session/{session.pk}/change/"
    assert client.post(page, {"user": ""}).status_code == 403


@pytest.mark.parametrize("path", ["/admin/accounts/user/", "/admin/accounts/session/"])
def test_a_long_list_costs_as_many_statements_as_a_short_one(client, admin, path):
    client.get(path)
    with CaptureQueriesContext(connection) as short:
        client.get(path)
    for number in range(10):
        Client().force_login(make_user(email=f"bob{number}@example.org"))
    with CaptureQueriesContext(connection) as long:
        assert client.get(path).context["cl"].result_count > 10
    assert len(long) == len(short)


def test_the_staff_can_edit_people_but_no_roles(client, clerk):
    user = make_user()
    assert edit(client, user, name="Countess", is_superuser="on").status_code == 302
    user.refresh_from_db()
    assert (user.name, user.is_superuser) == ("Countess", False)


def test_the_staff_cannot_take_over_a_superuser(client, clerk):
    grace = make_admin()
    data = {"usable_password": "true", "password1": NEW, "password2": NEW}
    assert client.post(f"{person(grace)}password/", data).status_code == 403
    assert client.post(f"{person(grace)}change/", {"email": "x@example.org"}).status_code == 403
    assert client.get(f"{person(grace)}delete/").status_code == 403
    grace.refresh_from_db()
    assert grace.check_password(PASSWORD)


@pytest.mark.parametrize("role", ["is_active", "is_superuser"])
def test_the_last_administrator_stays_one(client, admin, role):
    make_admin(email="gone@example.org", is_active=False)
    errors = edit(client, admin, **{role: False}).context["adminform"].form.errors
    assert "You are the last administrator" in errors["__all__"][0]
    admin.refresh_from_db()
    assert (admin.is_active, admin.is_superuser) == (True, True)


def test_one_of_two_administrators_may_become_less(client, admin):
    make_admin(email="next@example.org")
    assert edit(client, admin, is_superuser=False).status_code == 302
    admin.refresh_from_db()
    assert not admin.is_superuser


def test_the_last_administrator_may_have_another_name(client, admin):
    assert edit(client, admin, name="Admiral Hopper").status_code == 302


def test_a_session_s_deletion_is_logged_without_the_address(client, admin):
    user = make_user()
    Client().force_login(user)
    client.post(f"/admin/accounts/session/{user.sessions.get().pk}/delete/", {"post": "yes"})
    assert LogEntry.objects.get().object_repr == "one of the sessions"
