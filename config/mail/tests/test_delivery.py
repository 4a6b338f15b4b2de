import time

import pytest

from config.mail import delivery
from config.mail.delivery import Delivery, deliver
from config.mail.tests.rows import queue_mail
from config.tests.processes import free_port, wait_until

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _by_smtp(settings, mail_server):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", mail_server.port
    settings.EMAIL_TIMEOUT = 0.5


def test_delivers_a_mail(mail_server):
    assert deliver(queue_mail()).error == ""
    assert mail_server.recipients() == ["ada"]


@pytest.mark.parametrize(
    ("name", "error", "permanent"),
    [
        ("refused", "550 5.1.1 no such user", True),
        ("later", "451 4.7.1 later", False),
        ("drop", "closed", False),
        ("hang", "timed out", False),
    ],
)
def test_reports_a_servers_errors(name, error, permanent):
    outcome = deliver(queue_mail(name))
    assert error in outcome.error
    assert outcome.is_permanent is permanent


def test_reports_a_refused_connection(settings):
    settings.EMAIL_PORT = free_port()
    assert deliver(queue_mail()) == (
        "ConnectionRefusedError: [Errno 111] Connection refused",
        False,
    )


def test_every_attempt_sends_the_same_message(mail_server):
    mail = queue_mail()
    deliver(mail)
    time.sleep(0)
    deliver(mail)
    first, second = mail_server.received
    assert first == second
    assert f"Message-ID: {mail.message_id}" in first


# The forked process does not need the server's threads.
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_aborts_a_slow_delivery(monkeypatch):
    monkeypatch.setattr(delivery, "DELIVERY_TIMEOUT", 1)
    dripping = Delivery(queue_mail("drip"))
    outcome = wait_until(dripping.poll, 5, "the delivery times out")
    assert outcome.error == "the delivery timed out after 1 s"
    assert not dripping.process.is_alive()
