import pytest

from config.mail.models import Mail, Outcome
from config.mail.tests.rows import queue_mail

pytestmark = pytest.mark.django_db

LIST = "/admin/mail/mail/"


@pytest.fixture
def given_up():
    queue_mail()
    (mail,) = Mail.objects.claim(1)
    mail.record(Outcome("550 no such user", is_permanent=True))
    return mail


def test_shows_the_last_error(admin, given_up):
    page = admin.get(LIST).content.decode()
    assert "550 no such user" in page
    assert "given up" in page


def test_never_shows_the_body(admin, given_up):
    for path in (LIST, f"{LIST}{given_up.pk}/change/", f"{LIST}{given_up.pk}/delete/"):
        assert "BBBB-CCCC" not in admin.get(path).content.decode()


@pytest.mark.parametrize("lookup", ["body", "body__startswith", "body__contains", "message_id"])
def test_rejects_lookups_in_the_body(admin, given_up, lookup):
    assert admin.get(f"{LIST}?{lookup}=B").status_code == 400


def test_searches_by_recipient_and_filters_by_state(admin, given_up):
    queue_mail("bob")
    for query in ("q=ada", "state__exact=given_up"):
        assert [*admin.get(f"{LIST}?{query}").context["cl"].queryset] == [given_up]


def test_retries_mails_that_were_given_up(admin, given_up):
    form = {"action": "try_again", "_selected_action": [given_up.pk]}
    assert "1 will be sent again." in admin.post(LIST, form, follow=True).content.decode()
    assert Mail.objects.get().state == "waiting"


def test_allows_no_adding_or_changing(admin, given_up):
    assert admin.get(f"{LIST}add/").status_code == 403
    admin.post(f"{LIST}{given_up.pk}/change/", {"recipient": "mallory@example.org"})
    assert Mail.objects.get().recipient == "ada@example.org"
