import time

import pytest

from config.mail import delivery
from config.mail.delivery import Delivery, deliver
from config.mail.tests.rows import queued
from config.tests.processes import free_port, wait_until

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _by_smtp(settings, mail_server):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", mail_server.port
    settings.EMAIL_TIMEOUT = 0.5


def test_a_mail_that_is_taken(mail_server):
    assert deliver(queued()).error == ""
    assert mail_server.recipients() == ["ada"]


@pytest.mark.parametrize(
    ("name", "error", "lasts"),
    [
        ("refused", "550 5.1.1 no such user", True),
        ("later", "451 4.7.1 later", False),
        ("drop", "closed", False),
        ("hang", "timed out", False),
    ],
)
def test_a_server_that_misbehaves(name, error, lasts):
    outcome = deliver(queued(name))
    assert error in outcome.error
    assert outcome.lasts is lasts


def test_a_server_that_is_away(settings):
    settings.EMAIL_PORT = free_port()
    assert deliver(queued()) == ("ConnectionRefusedError: [Errno 111] Connection refused", False)


def test_every_attempt_is_the_same_message(mail_server):
    mail = queued()
    deliver(mail)
    time.sleep(0)
    deliver(mail)
    first, second = mail_server.taken
    assert first == second
    assert f"Message-ID: {mail.message_id}" in first


# The server's threads are none that the copy of this process would need.
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_server_that_says_a_letter_at_a_time_is_left_at_the_limit(monkeypatch):
    monkeypatch.setattr(delivery, "LIMIT", 1)
    dripping = Delivery(queued("drip"))
    outcome = wait_until(dripping.outcome, 5, "the limit is over")
    assert outcome.error == "it was not over after 1 s"
    assert not dripping.process.is_alive()
