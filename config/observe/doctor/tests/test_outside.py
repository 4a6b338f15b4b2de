import errno
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from config.mail.models import Mail
from config.mail.tests.rows import queue_mail
from config.mail.tests.server import MailServer
from config.observe.doctor import outside
from config.tests.processes import free_port
from files.storage import Folder

SMTP = "django.core.mail.backends.smtp.EmailBackend"


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def mail_server(settings):
    with MailServer() as server:
        settings.EMAIL_BACKEND = SMTP
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        yield server


def test_storage_that_works_has_no_problem():
    assert list(outside.find_storage_problems()) == []
    assert not [key for key in default_storage.list_keys() if key.startswith("doctor/")]


def test_reports_storage_that_fails(monkeypatch):
    def fail(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Folder, "_save", fail)
    (problem,) = outside.find_storage_problems()
    assert "No space left on device" in problem.message
    assert "S3_*" in problem.step


def test_reports_storage_that_returns_other_bytes(monkeypatch):
    monkeypatch.setattr(Folder, "_open", lambda *args: ContentFile(b"other"))
    (problem,) = outside.find_storage_problems()
    assert problem.message == "storage returned other bytes than were written"


def test_talks_to_the_mail_server_and_sends_nothing(mail_server):
    assert list(outside.find_mail_server_problems()) == []
    assert (mail_server.received, dict(mail_server.attempts)) == ([], {})


def test_reports_a_closed_port(settings):
    settings.EMAIL_BACKEND = SMTP
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    (problem,) = outside.find_mail_server_problems()
    assert "Connection refused" in problem.message
    assert "EMAIL_URL" in problem.step


def test_reports_a_server_without_tls(settings, mail_server):
    settings.EMAIL_USE_TLS = True
    (problem,) = outside.find_mail_server_problems()
    assert "STARTTLS" in problem.message


def test_reports_a_rejected_password_without_it(settings, mail_server):
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "site", "s3cr3t"
    (problem,) = outside.find_mail_server_problems()
    assert "s3cr3t" not in problem.message


def test_reports_a_server_that_hangs(settings, mail_server, monkeypatch):
    monkeypatch.setattr(outside, "MAIL_TIMEOUT", 0.2)
    monkeypatch.setattr(
        "config.mail.tests.server.Handler.accept", lambda self, text: self.server.over.wait(30)
    )
    (problem,) = outside.find_mail_server_problems()
    assert "timed out" in problem.message


def test_an_https_site_needs_a_mail_server(settings):
    assert list(outside.find_mail_server_problems()) == []
    settings.HTTPS = True
    (problem,) = outside.find_mail_server_problems()
    assert problem.message == "no mail server is set: mail reaches nobody"


@pytest.mark.django_db
def test_a_mail_that_was_just_queued_is_no_problem():
    queue_mail()
    assert list(outside.find_queue_problems()) == []


@pytest.mark.django_db
def test_reports_mails_without_a_worker_and_given_up():
    now = timezone.now()
    queue_mail()
    Mail.objects.update(due_at=now - timedelta(minutes=6))
    given_up = queue_mail()
    Mail.objects.filter(pk=given_up.pk).update(
        state=Mail.State.GIVEN_UP, finished_at=now, last_error="550 no such user"
    )
    late, refused = outside.find_queue_problems()
    assert late.message == "1 mails are due since 5 minutes"
    assert refused.message == "1 mails were given up within a day, the last: 550 no such user"
