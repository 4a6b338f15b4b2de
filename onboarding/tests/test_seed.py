"""manage.py seed"""

import io

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from accounts.tests.people import make_user
from onboarding.models import Expert

pytestmark = pytest.mark.django_db


def seed():
    said = io.StringIO()
    call_command("seed", stdout=said)
    return said.getvalue()


def test_creates_the_administrator_of_the_environment_and_the_experts(settings):
    settings.ADMIN_EMAIL, settings.ADMIN_PASSWORD = "boss@example.org", "nine-quiet-harbours"
    said = seed()
    user = User.objects.get()
    assert (user.email, user.is_superuser) == ("boss@example.org", True)
    assert user.check_password("nine-quiet-harbours")
    assert "nine-quiet-harbours" not in said
    assert Expert.objects.count() == 5


def test_without_a_password_it_makes_one_and_shows_it_once(settings):
    settings.ADMIN_PASSWORD = ""
    password = seed().partition("password: ")[2].split()[0]
    assert User.objects.get().check_password(password)
    assert len(password) >= 16


def test_the_administrator_can_sign_in_and_has_to_choose_a_password(settings, client):
    settings.ADMIN_EMAIL, settings.ADMIN_PASSWORD = "boss@example.org", "nine-quiet-harbours"
    seed()
    form = {"login": "boss@example.org", "password": "nine-quiet-harbours"}
    assert client.post("/accounts/login/", form).headers["Location"] == "/"
    assert client.get("/admin/").url == "/accounts/password/change/"


def test_does_nothing_where_users_exist():
    make_user()
    assert seed() == "seed: there are users already, nothing to do\n"
    assert not Expert.objects.exists()


@pytest.mark.parametrize(
    ("email", "password", "named"),
    [("boss", "nine-quiet-harbours", "ADMIN_EMAIL"), ("boss@example.org", "123", "ADMIN_PASSWORD")],
)
def test_refuses_an_administrator_who_could_not_or_should_not_sign_in(
    settings, email, password, named
):
    settings.ADMIN_EMAIL, settings.ADMIN_PASSWORD = email, password
    with pytest.raises(CommandError, match=rf"^{named}: [^\n]*$"):
        seed()
    assert not User.objects.exists()
