"""With the first password, only the page to change it is open."""

import pytest

from accounts.tests import mailbox
from accounts.tests.people import PASSWORD, make_admin, make_user

pytestmark = pytest.mark.django_db

NEW = "nine-blue-submarines"
PAGE = "/accounts/password/change/"


@pytest.fixture
def grace(client):
    grace = make_admin(must_change_password=True)
    client.force_login(grace)
    return grace


def change(client, password=NEW):
    return client.post(
        PAGE, {"oldpassword": PASSWORD, "password1": password, "password2": password}
    )


@pytest.mark.parametrize(
    "path", ["/", "/account/", "/files/", "/profile/", "/admin/", "/admin/accounts/user/"]
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_every_page_redirects_to_password_change(client, grace, path, method):
    response = getattr(client, method)(path)
    assert (response.status_code, response.url) == (302, PAGE)
    assert "no-store" in response.headers["Cache-Control"]


def test_htmx_request_redirects_whole_page(client, grace):
    assert client.get("/files/", headers={"HX-Request": "true"}).headers["HX-Redirect"] == PAGE


@pytest.mark.parametrize("method", ["get", "patch"])
def test_api_rejects_with_its_own_code(client, grace, method):
    response = getattr(client, method)("/api/profile", content_type="application/json")
    assert response.status_code == 403
    assert response.json() == {
        "code": "password_change_required:auth",
        "message": "Choose your own password first.",
        "fields": {},
        "requestId": response.headers["X-Request-ID"],
    }


def test_page_gives_reason_and_no_cancel_link(client, grace):
    content = client.get(PAGE).content.decode()
    assert "Choose your own password first." in content
    assert "Cancel" not in content


def test_new_password_gives_access(client, grace):
    assert change(client).status_code == 302
    grace.refresh_from_db()
    assert (grace.check_password(NEW), grace.must_change_password) == (True, False)
    assert client.get("/admin/").status_code == client.get("/api/profile").status_code == 200


def test_rejects_the_first_password(client, grace):
    assert "password1" in change(client, PASSWORD).context["form"].errors
    grace.refresh_from_db()
    assert grace.must_change_password


def test_password_reset_gives_access(client, client_of_bob, grace):
    assert client.get("/accounts/password/reset/").status_code == 200
    client_of_bob.post("/accounts/password/reset/", {"email": grace.email})
    page = client_of_bob.get(mailbox.get_link()).url
    client_of_bob.post(page, {"password1": NEW, "password2": NEW})
    grace.refresh_from_db()
    assert not grace.must_change_password


def test_sign_out_and_probes_stay_open(client, grace):
    assert [client.get(path).status_code for path in ("/healthz", "/readyz")] == [200, 200]
    assert client.post("/accounts/logout/").url == "/accounts/login/"
    assert not grace.sessions.exists()


@pytest.mark.parametrize(("fields", "stays"), [(["password"], False), (["name"], True)])
def test_flag_changes_only_if_password_is_saved(grace, fields, stays):
    grace.set_password(NEW)
    grace.save(update_fields=fields)
    grace.refresh_from_db()
    assert grace.must_change_password is stays


def test_other_users_are_not_redirected(client):
    client.force_login(make_user())
    assert client.get("/account/").status_code == 200
    assert "Cancel" in client.get(PAGE).content.decode()


def test_needs_no_statement(client, grace, django_assert_num_queries):
    with django_assert_num_queries(1):
        client.get("/account/")
