import pytest
from django.core import mail

from accounts.email import MAX_DOMAIN_LENGTH, normalize_email
from accounts.models import User
from accounts.tests.people import PASSWORD, make_user

pytestmark = pytest.mark.django_db

ASCII = "ada@xn--mnchen-3ya.example"
SPELLINGS = [
    ASCII,
    "Ada@XN--MNCHEN-3YA.Example",
    "ada@m\u00fcnchen.example",
    "ada@M\u00dcNCHEN.example",
    "ada@mu\u0308nchen.example",
    "ada@m\u00fcnchen.\uff45\uff58ample",
    "ada@m\u00fcnchen\u3002example",
    "ada@m\u00fcnchen.example.",
]


@pytest.mark.parametrize("email", SPELLINGS)
def test_normalizes_every_spelling(email):
    assert normalize_email(email) == ASCII


def test_does_not_encode_a_domain_that_is_too_long():
    email = "ada@" + "\u00fc" * MAX_DOMAIN_LENGTH + ".example."
    assert normalize_email(email) == email


@pytest.mark.parametrize(
    ("email", "expected"),
    [
        ("Ada+News@Example.org", "ada+news@example.org"),
        ("admin@localhost", "admin@localhost"),
        ("ada@stra\u00dfe.example", "ada@xn--strae-oqa.example"),
        ("ada", "ada"),
        ("ada@[192.0.2.1]", "ada@[192.0.2.1]"),
    ],
)
def test_keeps_other_emails(email, expected):
    assert normalize_email(email) == expected


@pytest.mark.parametrize("email", SPELLINGS)
def test_signs_in_with_any_spelling(client, email):
    make_user(email=SPELLINGS[2])
    assert client.post("/accounts/login/", {"login": email, "password": PASSWORD}).url == "/"


@pytest.mark.parametrize("email", SPELLINGS)
def test_every_spelling_is_one_account(client, client_of_bob, email):
    client.post("/accounts/signup/", {"email": SPELLINGS[2], "password1": PASSWORD})
    client_of_bob.post("/accounts/signup/", {"email": email, "password1": PASSWORD})
    assert User.objects.get().email == ASCII
    assert mail.outbox[0].to == [ASCII] if mail.outbox else True


@pytest.mark.parametrize("email", SPELLINGS)
def test_finds_row_by_any_spelling(email):
    user = make_user(email=ASCII)
    assert User.objects.get(email=email) == user


def test_rejects_invalid_domain(client):
    response = client.post(
        "/accounts/signup/", {"email": "ada@\u2603-.example", "password1": PASSWORD}
    )
    assert "email" in response.context["form"].errors
    assert not User.objects.exists()
