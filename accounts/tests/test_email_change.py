import pytest

from accounts.tests import mailbox
from accounts.tests.people import PASSWORD, make_user
from accounts.tests.responses import describe

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(client):
    user = make_user()
    client.force_login(user)
    return user


def submit(client, email="countess@example.org"):
    """Request the change and confirm the password."""
    response = client.post("/accounts/email/", {"action_add": "", "email": email})
    return client.post(response.url, {"password": PASSWORD})


def test_code_changes_the_email(client, ada):
    assert submit(client).url == "/accounts/confirm-email/"
    assert mailbox.list_recipients() == ["countess@example.org"]
    client.post("/accounts/confirm-email/", {"code": mailbox.get_code()})
    ada.refresh_from_db()
    assert ada.email == "countess@example.org"
    address = ada.emailaddress_set.get()
    assert (address.email, address.verified, address.primary) == (ada.email, True, True)


def test_notifies_the_former_email(client, ada):
    submit(client)
    code = mailbox.get_code()
    mailbox.deliver_all().clear()
    client.post("/accounts/confirm-email/", {"code": code})
    assert mailbox.list_recipients() == ["ada@example.org"]
    assert mailbox.deliver_all()[0].subject == "Your AI4CEO email was changed"


def test_ends_other_sessions_and_keeps_own(client, client_of_bob, ada):
    client_of_bob.force_login(ada)
    submit(client)
    client.post("/accounts/confirm-email/", {"code": mailbox.get_code()})
    assert ada.sessions.get().session_key == client.cookies["sessionid"].value
    assert client_of_bob.get("/").context["user"].is_anonymous
    assert client.get("/").context["user"] == ada


def test_requires_the_password(client, ada):
    response = client.post("/accounts/email/", {"action_add": "", "email": "countess@example.org"})
    assert response.url == "/accounts/reauthenticate/?next=%2Faccounts%2Femail%2F"
    response = client.post(response.url, {"password": "wrong"})
    assert response.status_code == 200
    assert mailbox.deliver_all() == []


def test_requires_the_code(client, ada):
    submit(client)
    client.post("/accounts/confirm-email/", {"code": "BBBB-BBBB"})
    ada.refresh_from_db()
    assert ada.email == "ada@example.org"


def test_response_does_not_reveal_taken_email(client, ada):
    make_user(email="bob@example.org")
    taken = describe(submit(client, "bob@example.org"), email="bob@example.org")
    response = client.post("/accounts/email/", {"action_add": "", "email": "carl@example.org"})
    assert taken[:2] == (response.status_code, response.url)
    assert mailbox.list_recipients() == ["bob@example.org", "carl@example.org"]


def test_rejects_too_long_email(client, ada):
    email = f"countess@{'.'.join(['a' * 60] * 4)}.org"
    response = client.post("/accounts/email/", {"action_add": "", "email": email})
    assert response.context["form"].errors["email"] == [
        "Ensure this value has at most 254 characters (it has 256)."
    ]


@pytest.mark.parametrize("path", ["/accounts/email/", "/accounts/reauthenticate/"])
def test_pages_use_own_templates(client, ada, path):
    response = client.get(path)
    assert response.status_code == 200
    assert b'<section class="card stack">' in response.content
