import pytest
from django.template.loader import render_to_string

from accounts.templatetags.local_mail import local_mail

FILES = "config.mail.folder.EmailBackend"
CONSOLE = "django.core.mail.backends.console.EmailBackend"
SMTP = "django.core.mail.backends.smtp.EmailBackend"


@pytest.fixture
def hint(settings):
    def render(backend, *, https=False):
        settings.EMAIL_BACKEND, settings.HTTPS = backend, https
        settings.EMAIL_FILE_PATH = "/srv/mail"
        return render_to_string("accounts/local_mail.html", local_mail())

    return render


def test_names_the_folder(hint):
    assert "<code>/srv/mail</code>" in hint(FILES)


def test_names_the_console(hint):
    assert "console" in hint(CONSOLE)


def test_is_empty_if_mail_is_delivered(hint):
    assert hint(SMTP).strip() == ""


@pytest.mark.parametrize("backend", [FILES, CONSOLE])
def test_is_empty_on_https(hint, backend):
    assert hint(backend, https=True).strip() == ""


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/accounts/password/reset/done/", "/accounts/confirm-email/"])
def test_is_on_pages_that_wait_for_mail(client, settings, path):
    client.post("/accounts/signup/", {"email": "ada@example.org", "password1": "nine-blue-boats"})
    settings.EMAIL_BACKEND = FILES
    assert b"newest file" in client.get(path).content
