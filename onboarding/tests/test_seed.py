"""manage.py seed"""

import io

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from accounts.tests.people import make_user
from config.database.cli import use_jobs_pool
from onboarding.models import Expert

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "jobs"])


def seed():
    said = io.StringIO()
    with use_jobs_pool():
        call_command("seed", stdout=said)
    return said.getvalue()


def test_creates_administrator_from_environment_and_experts(settings):
    settings.ADMIN_EMAIL, settings.ADMIN_PASSWORD = "boss@example.org", "nine-quiet-harbours"
    said = seed()
    user = User.objects.get()
    assert (user.email, user.is_superuser) == ("boss@example.org", True)
    assert user.check_password("nine-quiet-harbours")
    assert "nine-quiet-harbours" not in said
    assert Expert.objects.count() == 5


def test_generates_and_shows_a_password_if_unset(settings):
    settings.ADMIN_PASSWORD = ""
    password = seed().partition("password: ")[2].split()[0]
    assert User.objects.get().check_password(password)
    assert len(password) >= 16


def test_administrator_must_change_the_password_after_sign_in(settings, client):
    settings.ADMIN_EMAIL, settings.ADMIN_PASSWORD = "boss@example.org", "nine-quiet-harbours"
    seed()
    form = {"login": "boss@example.org", "password": "nine-quiet-harbours"}
    assert client.post("/accounts/login/", form).headers["Location"] == "/"
    assert client.get("/admin/").url == "/accounts/password/change/"


def test_does_nothing_if_users_exist():
    make_user()
    assert seed() == "seed: there are users already, nothing to do\n"
    assert not Expert.objects.exists()


@pytest.mark.parametrize(
    ("email", "password", "named"),
    [("boss", "nine-quiet-harbours", "ADMIN_EMAIL"), ("boss@example.org", "123", "ADMIN_PASSWORD")],
)
def test_rejects_invalid_email_and_weak_password(settings, email, password, named):
    settings.ADMIN_EMAIL, settings.ADMIN_PASSWORD = email, password
    with pytest.raises(CommandError, match=rf"^{named}: [^\n]*$"):
        seed()
    assert not User.objects.exists()
