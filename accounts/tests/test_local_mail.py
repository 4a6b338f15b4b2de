import pytest
from django.template.loader import render_to_string

from accounts.templatetags.local_mail import local_mail

FILES = "config.mail.folder.EmailBackend"
CONSOLE = "django.core.mail.backends.console.EmailBackend"
SMTP = "django.core.mail.backends.smtp.EmailBackend"


@pytest.fixture
def hint(settings):
    def rendered(backend, *, https=False):
        settings.EMAIL_BACKEND, settings.HTTPS = backend, https
        settings.EMAIL_FILE_PATH = "/srv/mail"
        return render_to_string("accounts/local_mail.html", local_mail())

    return rendered


def test_names_the_folder(hint):
    assert "<code>/srv/mail</code>" in hint(FILES)


def test_names_the_console(hint):
    assert "console" in hint(CONSOLE)


def test_is_silent_where_mail_is_delivered(hint):
    assert hint(SMTP).strip() == ""


@pytest.mark.parametrize("backend", [FILES, CONSOLE])
def test_tells_the_world_nothing_of_the_machine(hint, backend):
    assert hint(backend, https=True).strip() == ""


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/accounts/password/reset/done/", "/accounts/confirm-email/"])
def test_stands_where_a_mail_is_waited_for(client, settings, path):
    client.post("/accounts/signup/", {"email": "ada@example.org", "password1": "nine-blue-boats"})
    settings.EMAIL_BACKEND = FILES
    assert b"newest file" in client.get(path).content
