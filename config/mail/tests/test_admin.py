import pytest

from accounts.tests.people import make_admin
from config.mail.models import Mail, Outcome
from config.mail.tests.rows import queued

pytestmark = pytest.mark.django_db

LIST = "/admin/mail/mail/"


@pytest.fixture
def admin(client):
    client.force_login(make_admin())
    return client


@pytest.fixture
def given_up():
    queued()
    (mail,) = Mail.objects.claim(1)
    mail.record(Outcome("550 no such user", lasts=True))
    return mail


def test_tells_what_was_given_up_and_why(admin, given_up):
    page = admin.get(LIST).content.decode()
    assert "550 no such user" in page
    assert "given up" in page


def test_shows_the_text_nowhere(admin, given_up):
    for path in (LIST, f"{LIST}{given_up.pk}/change/", f"{LIST}{given_up.pk}/delete/"):
        assert "BBBB-CCCC" not in admin.get(path).content.decode()


@pytest.mark.parametrize("lookup", ["body", "body__startswith", "body__contains", "message_id"])
def test_lets_nobody_guess_the_text(admin, given_up, lookup):
    assert admin.get(f"{LIST}?{lookup}=B").status_code == 400


def test_is_searched_by_recipient_and_filtered_by_state(admin, given_up):
    queued("bob")
    for query in ("q=ada", "state__exact=given_up"):
        assert [*admin.get(f"{LIST}?{query}").context["cl"].queryset] == [given_up]


def test_tries_again_what_was_given_up(admin, given_up):
    form = {"action": "try_again", "_selected_action": [given_up.pk]}
    assert "1 will be sent again." in admin.post(LIST, form, follow=True).content.decode()
    assert Mail.objects.get().state == "waiting"


def test_nothing_is_added_or_changed(admin, given_up):
    assert admin.get(f"{LIST}add/").status_code == 403
    admin.post(f"{LIST}{given_up.pk}/change/", {"recipient": "mallory@example.org"})
    assert Mail.objects.get().recipient == "ada@example.org"
