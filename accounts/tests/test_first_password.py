"""The password that the first administrator is given opens nothing but the page to change it."""

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
def test_every_page_leads_to_the_change(client, grace, path, method):
    response = getattr(client, method)(path)
    assert (response.status_code, response.url) == (302, PAGE)
    assert "no-store" in response.headers["Cache-Control"]


def test_a_part_that_htmx_fetches_leads_the_whole_page_there(client, grace):
    assert client.get("/files/", headers={"HX-Request": "true"}).headers["HX-Redirect"] == PAGE


@pytest.mark.parametrize("method", ["get", "patch"])
def test_the_api_refuses_with_a_code_of_its_own(client, grace, method):
    response = getattr(client, method)("/api/profile", content_type="application/json")
    assert response.status_code == 403
    assert response.json() == {
        "code": "password_change_required:auth",
        "message": "Choose your own password first.",
        "fields": {},
    }


def test_the_page_says_why_and_has_no_way_around(client, grace):
    content = client.get(PAGE).content.decode()
    assert "Choose your own password first." in content
    assert "Cancel" not in content


def test_a_password_of_one_s_own_opens_the_site(client, grace):
    assert change(client).status_code == 302
    grace.refresh_from_db()
    assert (grace.check_password(NEW), grace.must_change_password) == (True, False)
    assert client.get("/admin/").status_code == client.get("/api/profile").status_code == 200


def test_the_given_password_is_no_choice(client, grace):
    assert "password1" in change(client, PASSWORD).context["form"].errors
    grace.refresh_from_db()
    assert grace.must_change_password


def test_a_reset_is_a_choice_too(client, client_of_bob, grace):
    assert client.get("/accounts/password/reset/").status_code == 200
    client_of_bob.post("/accounts/password/reset/", {"email": grace.email})
    page = client_of_bob.get(mailbox.get_link()).url
    client_of_bob.post(page, {"password1": NEW, "password2": NEW})
    grace.refresh_from_db()
    assert not grace.must_change_password


def test_signing_out_and_the_probes_go_on(client, grace):
    assert [client.get(path).status_code for path in ("/healthz", "/readyz")] == [200, 200]
    assert client.post("/accounts/logout/").url == "/accounts/login/"
    assert not grace.sessions.exists()


@pytest.mark.parametrize(("fields", "stays"), [(["password"], False), (["name"], True)])
def test_only_a_password_that_is_written_counts(grace, fields, stays):
    grace.set_password(NEW)
    grace.save(update_fields=fields)
    grace.refresh_from_db()
    assert grace.must_change_password is stays


def test_others_are_asked_nothing(client):
    client.force_login(make_user())
    assert client.get("/account/").status_code == 200
    assert "Cancel" in client.get(PAGE).content.decode()


def test_it_costs_no_statement(client, grace, django_assert_num_queries):
    with django_assert_num_queries(1):
        client.get("/account/")
