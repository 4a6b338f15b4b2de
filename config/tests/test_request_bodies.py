"""No body is stored before its sender and quota are checked."""

import pytest

from accounts.tests.people import make_user
from config.tests.test_large_bodies import Unread
from files.tests.rows import make_row

pytestmark = pytest.mark.django_db


class Sender:
    def __init__(self, client, monkeypatch):
        self.client = client
        monkeypatch.setattr("django.test.client.FakePayload", Unread)

    def send(self, size, path, method="post"):
        kind = "multipart/form-data; boundary=x"
        ask = getattr(self.client, method)
        return ask(path, b"x", content_type=kind, CONTENT_LENGTH=str(size))


@pytest.fixture
def anonymous(client, monkeypatch):
    return Sender(client, monkeypatch)


@pytest.fixture
def user():
    return make_user()


@pytest.fixture
def member(anonymous, user):
    anonymous.client.force_login(user)
    return anonymous


@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/signup/", "/admin/login/"])
def test_page_without_uploads_accepts_a_megabyte(anonymous, path):
    refused = anonymous.send(1_000_001, path)
    assert (refused.status_code, "more than 1 MB" in refused.content.decode()) == (413, True)


def test_anonymous_users_cannot_upload(anonymous):
    assert anonymous.send(2_000_000, "/files/upload/").status_code == 302
    assert anonymous.send(2_000_000, "/profile/").status_code == 302
    assert anonymous.send(2_000_000, "/api/files/upload").status_code == 401
    assert anonymous.send(2_000_000, "/api/profile", "patch").status_code == 401


def test_full_quota_is_reported_without_reading(member, user, settings):
    make_row(user, size=settings.FILE_QUOTA)
    page = member.send(2_000_000, "/files/upload/")
    assert (page.status_code, "isn&#x27;t enough space" in page.content.decode()) == (413, True)
    refused = member.send(2_000_000, "/api/files/upload")
    assert (refused.status_code, refused.json()["code"]) == (413, "too_large:api")


def test_rejects_too_large_bodies_without_reading(member):
    assert "larger than 5" in member.send(6_000_000, "/api/files/upload").json()["message"]
    assert member.send(13_000_000, "/api/profile", "patch").status_code == 413
    page = member.send(13_000_000, "/profile/")
    assert (page.status_code, "at most 2 MB" in page.content.decode()) == (413, True)


def test_other_pages_accept_a_megabyte(member):
    assert member.send(2_000_000, "/accounts/email/").status_code == 413
    assert member.send(2_000_000, "/api/onboarding").status_code in (413, 415)


@pytest.mark.parametrize("path", ["/api/profile", "/accounts/login/"])
def test_body_without_a_length_is_411(anonymous, path):
    answer = anonymous.client.post(path, headers={"Transfer-Encoding": "chunked"})
    assert answer.status_code == 411
