"""Mails that the account pages queue."""

from datetime import timedelta

import pytest
from django.core.mail import EmailMessage
from django.db import OperationalError

from accounts.models import User
from accounts.tests import mailbox
from accounts.tests.people import PASSWORD, make_user
from config.mail.models import Mail, MailQuerySet
from profiles.models import Profile

pytestmark = pytest.mark.django_db

NEW = "nine-blue-submarines"


@pytest.fixture
def no_queue(client, monkeypatch):
    """Lose the connection before the mail is queued."""

    def lost(self, message: EmailMessage, *, lifetime):
        raise OperationalError("server closed the connection unexpectedly")

    client.raise_request_exception = False
    monkeypatch.setattr(MailQuerySet, "enqueue", lost)


def sign_up(client):
    data = {"email": "ada@example.org", "password1": PASSWORD}
    return client.post("/accounts/signup/", data)


def change_password(client):
    data = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    return client.post("/accounts/password/change/", data)


def ask_for_a_link(client, email="ada@example.org"):
    return client.post("/accounts/password/reset/", {"email": email})


def lifetime():
    mail = Mail.objects.get()
    return mail.void_at - mail.queued_at


def test_code_mail_expires_with_the_code(client):
    sign_up(client)
    assert lifetime() == timedelta(minutes=15)


def test_link_mail_expires_with_the_link(client):
    make_user()
    ask_for_a_link(client)
    assert lifetime() == timedelta(hours=1)


@pytest.mark.parametrize("email", ["ada@example.org", "bob@example.org"])
def test_known_and_unknown_email_get_one_mail_each(client, email):
    make_user()
    assert ask_for_a_link(client, email).status_code == 302
    assert Mail.objects.get().recipient == email


def test_failed_mail_rolls_back_sign_up(client, no_queue):
    assert sign_up(client).status_code == 503
    assert not User.objects.exists()


def test_failed_mail_rolls_back_password_change(client, no_queue):
    user = make_user()
    client.force_login(user)
    assert change_password(client).status_code == 503
    user.refresh_from_db()
    assert user.check_password(PASSWORD)
    assert client.get("/account/").status_code == 200


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York", "UTC"])
def test_times_use_and_name_the_users_zone(client, zone):
    user = make_user()
    Profile.for_user(user).store(timezone=zone)
    client.force_login(user)
    change_password(client)
    (message,) = mailbox.deliver_all()
    with Profile.for_user(user).use_formats():
        assert f"({zone}) from the IP address" in message.body


def test_anonymous_request_uses_the_recipients_zone(client):
    user = make_user()
    Profile.for_user(user).store(timezone="Asia/Tokyo")
    ask_for_a_link(client)
    link = mailbox.get_link()
    mailbox.deliver_all().clear()
    page = client.get(link, follow=True).redirect_chain[-1][0]
    client.post(page, {"password1": NEW, "password2": NEW})
    (message,) = mailbox.deliver_all()
    assert "(Asia/Tokyo) from the IP address" in message.body
