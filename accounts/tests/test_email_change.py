import pytest

from accounts.tests import mailbox
from accounts.tests.people import PASSWORD, make_user
from accounts.tests.work import describe

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(client):
    user = make_user()
    client.force_login(user)
    return user


def ask(client, email="countess@example.org"):
    """Asks for the change, and gives the password that the site asks for first."""
    response = client.post("/accounts/email/", {"action_add": "", "email": email})
    return client.post(response.url, {"password": PASSWORD})


def test_the_code_from_the_new_address_makes_the_change(client, ada):
    assert ask(client).url == "/accounts/confirm-email/"
    assert mailbox.list_recipients() == ["countess@example.org"]
    client.post("/accounts/confirm-email/", {"code": mailbox.get_code()})
    ada.refresh_from_db()
    assert ada.email == "countess@example.org"
    address = ada.emailaddress_set.get()
    assert (address.email, address.verified, address.primary) == (ada.email, True, True)


def test_the_former_address_is_told(client, ada):
    ask(client)
    code = mailbox.get_code()
    mailbox.deliver_all().clear()
    client.post("/accounts/confirm-email/", {"code": code})
    assert mailbox.list_recipients() == ["ada@example.org"]
    assert mailbox.deliver_all()[0].subject == "Your AI4CEO email was changed"


def test_ends_the_other_sessions_and_keeps_one_s_own(client, client_of_bob, ada):
    client_of_bob.force_login(ada)
    ask(client)
    client.post("/accounts/confirm-email/", {"code": mailbox.get_code()})
    assert ada.sessions.get().session_key == client.cookies["sessionid"].value
    assert client_of_bob.get("/").context["user"].is_anonymous
    assert client.get("/").context["user"] == ada


def test_nothing_changes_without_the_password(client, ada):
    response = client.post("/accounts/email/", {"action_add": "", "email": "countess@example.org"})
    assert response.url == "/accounts/reauthenticate/?next=%2Faccounts%2Femail%2F"
    response = client.post(response.url, {"password": "wrong"})
    assert response.status_code == 200
    assert mailbox.deliver_all() == []


def test_nothing_changes_without_the_code(client, ada):
    ask(client)
    client.post("/accounts/confirm-email/", {"code": "BBBB-BBBB"})
    ada.refresh_from_db()
    assert ada.email == "ada@example.org"


def test_the_answer_does_not_tell_that_an_address_is_taken(client, ada):
    make_user(email="bob@example.org")
    taken = describe(ask(client, "bob@example.org"), email="bob@example.org")
    response = client.post("/accounts/email/", {"action_add": "", "email": "carl@example.org"})
    assert taken[:2] == (response.status_code, response.url)
    assert mailbox.list_recipients() == ["bob@example.org", "carl@example.org"]


def test_an_address_that_is_too_long_is_refused(client, ada):
    email = f"countess@{'.'.join(['a' * 60] * 4)}.org"
    response = client.post("/accounts/email/", {"action_add": "", "email": email})
    assert response.context["form"].errors["email"] == [
        "Ensure this value has at most 254 characters (it has 256)."
    ]


@pytest.mark.parametrize("path", ["/accounts/email/", "/accounts/reauthenticate/"])
def test_the_pages_are_ours(client, ada, path):
    response = client.get(path)
    assert response.status_code == 200
    assert b'<section class="card stack">' in response.content
