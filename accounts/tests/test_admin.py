import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Session
from accounts.tests import mailbox
from accounts.tests.people import PASSWORD, make_admin, make_user
from config.lib.search import filter_by_words

pytestmark = pytest.mark.django_db

NEW = "nine-blue-submarines"


@pytest.fixture
def admin(client):
    grace = make_admin()
    client.force_login(grace)
    return grace


@pytest.fixture
def clerk(client):
    """A staff user with all permissions for users and sessions, but no superuser."""
    user = make_user(email="carl@example.org", is_staff=True)
    models = ["user", "session"]
    user.user_permissions.set(Permission.objects.filter(content_type__model__in=models))
    client.force_login(user)
    return user


def get_path(user):
    return f"/admin/accounts/user/{user.pk}/"


def edit(client, user, **overrides):
    """Submit the user's page with `overrides`."""
    form = client.get(f"{get_path(user)}change/").context["adminform"].form
    data = {name: value for name in form.fields if (value := form[name].value()) is not None}
    data = {name: value for name, value in (data | overrides).items() if value is not False}
    return client.post(f"{get_path(user)}change/", data)


def test_redirects_to_the_site_login(client):
    response = client.get("/admin/", follow=True)
    assert response.redirect_chain[-1][0] == "/accounts/login/?next=%2Fadmin%2F"


def test_admin_login_rejects_post(client):
    make_admin()
    data = {"username": "grace@example.org", "password": PASSWORD}
    assert client.post("/admin/login/", data).url.startswith("/accounts/login/")
    assert not Session.objects.exists()


def test_rejects_users_without_staff_flag(client):
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
def test_pages_render(client, admin, path):
    assert client.get(path).status_code == 200


@pytest.mark.parametrize("text", ["ADA@example", "lovelace"])
def test_finds_users_by_email_and_name(client, admin, text):
    user = make_user()
    page = client.get("/admin/accounts/user/", {"q": text})
    assert list(page.context["cl"].queryset) == [user]


def test_assigns_roles(client, admin):
    user, group = make_user(), Group.objects.create(name="Editors")
    response = edit(client, user, is_staff="on", groups=[group.pk])
    assert response.status_code == 302
    user.refresh_from_db()
    assert (user.is_staff, user.is_superuser, list(user.groups.all())) == (True, False, [group])


def test_new_user_signs_in_after_password_reset(client, admin, client_of_bob):
    data = {"email": "Bob@Example.org", "name": "Bob", "usable_password": "true"}
    client.post("/admin/accounts/user/add/", data | {"password1": NEW, "password2": NEW})
    login = {"login": "bob@example.org", "password": NEW}
    assert client_of_bob.post("/accounts/login/", login).url == "/accounts/confirm-email/"
    mailbox.deliver_all().clear()  # the code
    client_of_bob.post("/accounts/password/reset/", {"email": "bob@example.org"})
    page = client_of_bob.get(mailbox.get_link()).url
    client_of_bob.post(page, {"password1": NEW, "password2": NEW})
    assert client_of_bob.post("/accounts/login/", login).url == "/"


def test_rejects_taken_email_in_any_case(client, admin):
    data = {"email": "GRACE@example.org", "usable_password": "true"}
    response = client.post("/admin/accounts/user/add/", data | {"password1": NEW, "password2": NEW})
    assert "email" in response.context["adminform"].form.errors


def test_new_password_ends_the_users_sessions(client, admin, client_of_bob):
    user = make_user()
    client_of_bob.force_login(user)
    data = {"usable_password": "true", "password1": NEW, "password2": NEW}
    assert client.post(f"{get_path(user)}password/", data).status_code == 302
    user.refresh_from_db()
    assert user.check_password(NEW)
    assert not user.sessions.exists()


def test_own_new_password_keeps_session(client, admin):
    data = {"usable_password": "true", "password1": NEW, "password2": NEW}
    client.post(f"{get_path(admin)}password/", data)
    assert client.get("/admin/").status_code == 200


def test_changed_email_disables_the_former_one(client, admin, client_of_bob):
    user = make_user()
    edit(client, user, email="countess@example.org")
    login = {"login": "ada@example.org", "password": PASSWORD}
    assert client_of_bob.post("/accounts/login/", login).status_code == 200
    client_of_bob.post("/accounts/password/reset/", {"email": "ada@example.org"})
    assert "/key/" not in mailbox.deliver_all()[0].body
    user.refresh_from_db()
    assert (user.email, user.has_confirmed_email()) == ("countess@example.org", False)


def test_session_pages_hide_key_and_data(client, admin):
    user = make_user()
    Client().force_login(user)
    session = user.sessions.get()
    pages = ["/admin/accounts/session/", f"/admin/accounts/session/{session.pk}/change/"]
    for content in (client.get(page).content.decode() for page in pages):
        assert "ada@example.org" in content
        assert session.session_key not in content
        assert session.session_data not in content


def test_deleting_a_session_signs_the_browser_out(client, admin, client_of_bob):
    user = make_user()
    client_of_bob.force_login(user)
    page = f"/admin/accounts/session/{user.sessions.get().pk}/delete/"
    assert client.post(page, {"post": "yes"}).status_code == 302
    assert client_of_bob.get("/").context["user"].is_anonymous


def test_sessions_cannot_be_added_or_changed(client, admin):
    session = admin.sessions.get()
    assert client.get("/admin/accounts/session/add/").status_code == 403
    page = f"/admin/accounts/session/{session.pk}/change/"
    assert client.post(page, {"user": ""}).status_code == 403


@pytest.mark.parametrize("path", ["/admin/accounts/user/", "/admin/accounts/session/"])
def test_statement_count_does_not_grow_with_the_list(client, admin, path):
    client.get(path)
    with CaptureQueriesContext(connection) as short:
        client.get(path)
    for number in range(10):
        Client().force_login(make_user(email=f"bob{number}@example.org"))
    with CaptureQueriesContext(connection) as long:
        assert client.get(path).context["cl"].result_count > 10
    assert len(long) == len(short)


def test_staff_can_edit_users_but_not_roles(client, clerk):
    user = make_user()
    assert edit(client, user, name="Countess", is_superuser="on").status_code == 302
    user.refresh_from_db()
    assert (user.name, user.is_superuser) == ("Countess", False)


def test_staff_cannot_change_superusers(client, clerk):
    grace = make_admin()
    data = {"usable_password": "true", "password1": NEW, "password2": NEW}
    assert client.post(f"{get_path(grace)}password/", data).status_code == 403
    assert client.post(f"{get_path(grace)}change/", {"email": "x@example.org"}).status_code == 403
    assert client.get(f"{get_path(grace)}delete/").status_code == 403
    grace.refresh_from_db()
    assert grace.check_password(PASSWORD)


@pytest.mark.parametrize("role", ["is_active", "is_superuser"])
def test_last_administrator_cannot_be_demoted(client, admin, role):
    make_admin(email="gone@example.org", is_active=False)
    errors = edit(client, admin, **{role: False}).context["adminform"].form.errors
    assert "You are the last administrator" in errors["__all__"][0]
    admin.refresh_from_db()
    assert (admin.is_active, admin.is_superuser) == (True, True)


def test_one_of_two_administrators_can_be_demoted(client, admin):
    make_admin(email="next@example.org")
    assert edit(client, admin, is_superuser=False).status_code == 302
    admin.refresh_from_db()
    assert not admin.is_superuser


def test_last_administrator_can_change_name(client, admin):
    assert edit(client, admin, name="Admiral Hopper").status_code == 302


def test_log_entry_of_deleted_session_hides_email(client, admin):
    user = make_user()
    Client().force_login(user)
    client.post(f"/admin/accounts/session/{user.sessions.get().pk}/delete/", {"post": "yes"})
    assert LogEntry.objects.get().object_repr == "one of the sessions"


def test_search_of_sessions_uses_the_indexes(db):
    sessions = filter_by_words(Session.objects.all(), "ada", "user__email", "user__name")
    with connection.cursor() as cursor:
        # With statistics of few rows, a nested loop would look up each session's user.
        for way in ("seqscan", "indexscan", "indexonlyscan", "nestloop"):
            cursor.execute(f"SET LOCAL enable_{way} = off")
    assert "Bitmap Index Scan on accounts_user_words" in sessions.explain()


def test_newest_sessions_are_read_in_order(db):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
    plan = Session.objects.order_by("-created_at", "-pk")[:50].explain()
    assert "accounts_session_newest_first" in plan
