import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from accounts.models import User
from accounts.tests.people import PASSWORD, make_admin, make_user
from config.database.cli import use_jobs_pool

pytestmark = pytest.mark.django_db


def test_stores_email_in_lower_case():
    User(email="Ada@Example.ORG").save()
    assert User.objects.get().email == "ada@example.org"


def test_finds_user_by_email_in_any_case():
    user = make_user()
    assert User.objects.get(email="ADA@example.org") == user
    assert User.objects.get_by_natural_key("Ada@Example.Org") == user


def test_email_is_unique_in_any_case():
    make_user()
    with pytest.raises(IntegrityError, match="email"), transaction.atomic():
        User(email="ADA@EXAMPLE.ORG").save()


def test_database_rejects_upper_case_email():
    user = make_user()
    with (
        pytest.raises(IntegrityError, match="accounts_user_email_lower_case"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE accounts_user SET email = 'Ada@x.org' WHERE id = %s", [user.pk])


def test_taken_email_has_clear_error():
    make_user()
    with pytest.raises(ValidationError, match="An account with this email already exists"):
        User(email="Ada@example.org", password="x").full_clean()


@pytest.mark.parametrize(
    "character", ["\0", "\n", "\r", "\x1b", "\x85", "\u2028", "\u202e", "\ud800"]
)
def test_name_rejects_invisible_characters(character):
    with pytest.raises(ValidationError, match="Remove line breaks"):
        User(email="ada@example.org", password="x", name=f"A{character}da").full_clean()


@pytest.mark.parametrize("name", ["Zoë O'Neil", "李小龍", "می\u200cنو", "👩\u200d💻 Ada"])
def test_name_accepts_any_script(name):
    User(email="ada@example.org", password="x", name=name).full_clean()


def test_last_administrator_cannot_leave():
    grace = make_admin()
    make_admin(email="gone@example.org", is_active=False)
    assert grace.is_last_administrator()
    with pytest.raises(ValidationError, match="You are the last administrator"):
        grace.check_can_leave()
    make_admin(email="next@example.org")
    grace.check_can_leave()


def test_short_name_is_name_or_email():
    assert make_user().get_short_name() == "Ada Lovelace"
    assert make_user(name="", email="bob@example.org").get_short_name() == "bob@example.org"


def test_user_without_password_is_unusable():
    assert not make_user(password=None).has_usable_password()


def test_superuser_has_confirmed_email():
    user = User.objects.create_superuser("Root@Example.org", PASSWORD)
    assert (user.is_staff, user.is_superuser) == (True, True)
    address = user.emailaddress_set.get()
    assert (address.email, address.verified, address.primary) == ("root@example.org", True, True)


def test_changed_password_ends_sessions(client):
    user = make_user()
    client.force_login(user)
    user.set_password("nine-blue-submarines")
    user.save()
    assert not user.sessions.exists()


def test_unusable_password_ends_sessions(client):
    user = make_user()
    client.force_login(user)
    user.set_unusable_password()
    user.save()
    assert not user.sessions.exists()


def test_changed_name_keeps_sessions(client):
    user = make_user()
    client.force_login(user)
    user.name = "Countess Lovelace"
    user.save(update_fields=["name"])
    assert user.sessions.count() == 1


@pytest.mark.django_db(transaction=True, databases=["default", "jobs"])
def test_createsuperuser_account_can_sign_in(client, monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    with use_jobs_pool():
        call_command("createsuperuser", email="root@example.org", interactive=False, verbosity=0)
    client.post("/accounts/login/", {"login": "root@example.org", "password": PASSWORD})
    assert client.get("/admin/").status_code == 200
