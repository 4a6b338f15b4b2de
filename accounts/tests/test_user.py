import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from accounts.models import User
from accounts.tests.people import PASSWORD, make_admin, make_user
from config.database.cli import use_jobs_pool

pytestmark = pytest.mark.django_db


def test_keeps_the_address_in_lower_case():
    User(email="Ada@Example.ORG").save()
    assert User.objects.get().email == "ada@example.org"


def test_is_found_by_the_address_in_any_case():
    user = make_user()
    assert User.objects.get(email="ADA@example.org") == user
    assert User.objects.get_by_natural_key("Ada@Example.Org") == user


def test_an_address_has_one_account_in_any_case():
    make_user()
    with pytest.raises(IntegrityError, match="email"), transaction.atomic():
        User(email="ADA@EXAMPLE.ORG").save()


def test_the_database_refuses_an_address_with_capitals():
    user = make_user()
    with (
        pytest.raises(IntegrityError, match="accounts_user_email_lower_case"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE accounts_user SET email = 'Ada@x.org' WHERE id = %s", [user.pk])


def test_a_taken_address_is_explained():
    make_user()
    with pytest.raises(ValidationError, match="An account with this email already exists"):
        User(email="Ada@example.org", password="x").full_clean()


@pytest.mark.parametrize(
    "character", ["\0", "\n", "\r", "\x1b", "\x85", "\u2028", "\u202e", "\ud800"]
)
def test_a_name_has_no_character_that_cannot_be_seen(character):
    with pytest.raises(ValidationError, match="Remove line breaks"):
        User(email="ada@example.org", password="x", name=f"A{character}da").full_clean()


@pytest.mark.parametrize("name", ["Zoë O'Neil", "李小龍", "می\u200cنو", "👩\u200d💻 Ada"])
def test_a_name_is_in_any_script(name):
    User(email="ada@example.org", password="x", name=name).full_clean()


def test_the_last_administrator_is_an_active_superuser_without_another():
    grace = make_admin()
    make_admin(email="gone@example.org", is_active=False)
    assert grace.is_last_administrator()
    with pytest.raises(ValidationError, match="You are the last administrator"):
        grace.check_can_leave()
    make_admin(email="next@example.org")
    grace.check_can_leave()


def test_is_called_by_name_and_else_by_address():
    assert make_user().get_short_name() == "Ada Lovelace"
    assert make_user(name="", email="bob@example.org").get_short_name() == "bob@example.org"


def test_without_a_password_nobody_signs_in():
    assert not make_user(password=None).has_usable_password()


def test_a_superuser_can_sign_in_at_once():
    user = User.objects.create_superuser("Root@Example.org", PASSWORD)
    assert (user.is_staff, user.is_superuser) == (True, True)
    address = user.emailaddress_set.get()
    assert (address.email, address.verified, address.primary) == ("root@example.org", True, True)


def test_another_password_ends_the_sessions(client):
    user = make_user()
    client.force_login(user)
    user.set_password("nine-blue-submarines")
    user.save()
    assert not user.sessions.exists()


def test_the_loss_of_the_password_ends_the_sessions(client):
    user = make_user()
    client.force_login(user)
    user.set_unusable_password()
    user.save()
    assert not user.sessions.exists()


def test_another_name_ends_no_session(client):
    user = make_user()
    client.force_login(user)
    user.name = "Countess Lovelace"
    user.save(update_fields=["name"])
    assert user.sessions.count() == 1


@pytest.mark.django_db(transaction=True, databases=["default", "jobs"])
def test_createsuperuser_makes_one_who_can_sign_in(client, monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    with use_jobs_pool():
        call_command("createsuperuser", email="root@example.org", interactive=False, verbosity=0)
    client.post("/accounts/login/", {"login": "root@example.org", "password": PASSWORD})
    assert client.get("/admin/").status_code == 200
