"""A user deletes the account in one browser while another sends a request."""

import pytest
from django.db import IntegrityError
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from accounts import middleware
from accounts.models import User
from accounts.tests.people import make_user
from files import storage_settings
from files.tests.content import make_image, make_upload
from onboarding.models import Preferences
from onboarding.tests.experts import make_expert

pytestmark = pytest.mark.django_db(transaction=True)
JSON = "application/json"


@pytest.fixture
def leaver(client, settings, tmp_path, monkeypatch):
    """Return a client whose user is deleted right after the session was read."""
    settings.STORAGES = settings.STORAGES | {
        "default": storage_settings.build_storage(tmp_path / "files", "")
    }
    client.force_login(make_user())
    client.raise_request_exception = False
    can_sign_in = middleware.can_sign_in

    def and_leave(user, session):
        allowed = can_sign_in(user, session)
        User.objects.filter(pk=user.pk).delete()
        return allowed

    monkeypatch.setattr(middleware, "can_sign_in", and_leave)
    return client


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "/api/profile", '{"name": "Ada"}'),
        ("PATCH", "/api/profile", '{"bio": "Writes programs."}'),
        ("PATCH", "/api/profile", '{"image": null}'),
        ("PATCH", "/api/profile", '{"botTraits": ["direct"]}'),
        ("POST", "/api/onboarding", '{"name": "Ada"}'),
        ("POST", "/api/onboarding", '{"traits": ["direct"]}'),
        ("PATCH", "/api/tour", '{"tour": true}'),
    ],
)
def test_json_is_401(leaver, method, path, body):
    answer = leaver.generic(method, path, body, JSON)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized:auth")


@pytest.mark.parametrize(
    ("method", "path", "form"),
    [
        ("POST", "/api/files/upload", {"file": make_upload()}),
        ("PATCH", "/api/profile", {"image": make_upload("a.png", make_image())}),
    ],
)
def test_upload_is_401(leaver, method, path, form):
    answer = leaver.generic(method, path, encode_multipart(BOUNDARY, form), MULTIPART_CONTENT)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized:auth")


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/profile/", {"name": "Ada", "bio": "", "timezone": "UTC", "locale": "en"}),
        ("/tour/later/", {}),
        ("/files/upload/", {"file": make_upload()}),
        ("/onboarding/experts/1/favourite/", {}),
    ],
)
def test_page_redirects_to_sign_in(leaver, path, form):
    make_expert(pk=1)
    answer = leaver.post(path, form)
    assert (answer.status_code, answer.url) == (302, f"/accounts/login/?next={path}")


@pytest.mark.parametrize("path", ["/api/tour", "/tour/later/"])
def test_same_error_is_500_for_an_existing_user(client, monkeypatch, caplog, path):
    def broken(self, **values):
        raise IntegrityError("tours_tour_user_id")

    monkeypatch.setattr("tours.models.Tour.store", broken)
    client.force_login(make_user())
    client.raise_request_exception = False
    method = client.patch if path == "/api/tour" else client.post
    assert method(path, {"tour": True}, content_type=JSON).status_code == 500
    assert "tours_tour_user_id" in caplog.text
    assert Preferences.objects.exists()
