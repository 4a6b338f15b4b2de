"""The export of a user's data as a zip."""

import io
import json
import zipfile

import pytest
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from accounts.tests.people import PASSWORD, make_user
from files import objects
from files.models import File
from onboarding.models import Preferences
from onboarding.tests.experts import make_expert
from profiles.export import Export
from profiles.models import Profile
from profiles.tests.avatar_images import give_avatar
from tours.models import Tour

pytestmark = pytest.mark.django_db(transaction=True)


def make_file(user, name, content=b"hello", **overrides):
    with objects.write_objects(user, [("txt", content)]) as keys, transaction.atomic():
        objects.mark_used(keys)
        fields = {"content_type": "text/plain", "size": len(content), "object_id": keys[0]}
        return File.objects.create(user=user, name=name, **fields | overrides)


def export(client):
    response = client.post("/profile/export/")
    assert response.status_code == 200
    return zipfile.ZipFile(io.BytesIO(response.getvalue()))


def read_document(archive):
    return json.loads(archive.read("data.json"))


def test_is_an_attachment_with_no_store(client, user):
    response = client.post("/profile/export/")
    day = f"{timezone.localdate():%Y-%m-%d}"
    assert response.streaming
    assert response.headers["Content-Type"] == "application/zip"
    assert response.headers["Content-Disposition"] == (
        f'attachment; filename="ai4ceo-export-{day}.zip"'
    )
    assert "no-store" in response.headers["Cache-Control"]
    response.close()


def test_contains_profile_and_preferences(client, user):
    expert = make_expert()
    Profile.objects.create(user=user, bio="Writes “programs”.", timezone="Europe/London")
    Preferences.for_user(user).store(traits=["direct"], experts=[expert.pk])
    Tour.objects.create(user=user, answered=True)
    found = read_document(export(client))
    assert found["profile"] == {
        "bio": "Writes “programs”.",
        "timezone": "Europe/London",
        "locale": "en",
    }
    assert found["preferences"]["traits"] == ["direct"]
    assert found["preferences"]["favouriteExperts"] == ["navigator"]
    assert found["tour"] == {"answered": True}
    assert len(found["sessions"]) == 1


def test_contains_the_account_without_secrets(client, user):
    text = export(client).read("data.json").decode()
    account = json.loads(text)["account"]
    assert (account["id"], account["email"]) == (str(user.pk), "ada@example.org")
    assert account["addresses"] == [{"email": "ada@example.org", "verified": True, "primary": True}]
    for secret in (PASSWORD, user.password, user.sessions.get().session_key, "password"):
        assert secret not in text


def test_contains_files_trash_and_avatar(client, user):
    give_avatar(user)
    make_file(user, "notes.txt", b"first")
    make_file(user, "notes.txt", b"second")
    make_file(user, "notes.txt", b"third", deleted_at=timezone.now())
    archive = export(client)
    assert archive.testzip() is None
    assert archive.namelist() == [
        "data.json",
        "avatar.webp",
        "files/notes.txt",
        "files/notes (2).txt",
        "deleted-files/notes.txt",
    ]
    assert archive.read("files/notes (2).txt") == b"second"
    assert archive.read("avatar.webp").startswith(b"RIFF")
    assert [file["path"] for file in read_document(archive)["files"]] == archive.namelist()[2:]
    assert read_document(archive)["files"][0]["size"] == 5


def test_paths_in_names_are_harmless(client, user):
    for name in ("../../evil.txt", "/etc/passwd", "..\\evil.txt", "C:\\evil.txt"):
        make_file(user, name)
    names = export(client).namelist()[1:]
    assert len(names) == 4
    assert all(name.startswith("files/") and name.count("/") == 1 for name in names)
    assert not any("\\" in name or ":" in name for name in names)


def test_notes_missing_objects_and_exports_the_rest(client, user):
    lost = make_file(user, "lost.txt")
    make_file(user, "kept.txt")
    default_storage.delete(lost.object_id)
    archive = export(client)
    assert archive.testzip() is None
    assert archive.namelist() == ["data.json", "files/kept.txt", "MISSING.txt"]
    assert b"files/lost.txt" in archive.read("MISSING.txt")


def test_notes_incomplete_objects_and_exports_the_rest(client, user, monkeypatch):
    make_file(user, "half.txt", b"x" * 200_000)
    make_file(user, "kept.txt", b"kept")

    def chunks(self):
        data = self.read()
        yield data[:100_000]
        if len(data) > 100_000:
            raise OSError("connection lost")

    monkeypatch.setattr("django.core.files.base.File.chunks", chunks)
    archive = export(client)
    assert archive.testzip() is None
    assert archive.read("files/kept.txt") == b"kept"
    assert b"files/half.txt" in archive.read("MISSING.txt")


def test_excludes_other_users(client, user):
    make_file(make_user(email="bob@example.org"), "bob.txt")
    archive = export(client)
    assert archive.namelist() == ["data.json"]
    assert b"bob" not in archive.read("data.json")


def test_costs_no_statement_while_streaming(user, django_assert_num_queries):
    make_file(user, "notes.txt")
    give_avatar(user)
    export = Export.for_user(user)
    with django_assert_num_queries(0):
        assert b"".join(export.stream_zip())


def test_statements_do_not_grow_with_files(user, django_assert_num_queries):
    Preferences.for_user(user).store(experts=[make_expert().pk])
    for number in range(5):
        make_file(user, f"{number}.txt")
    Profile.for_user(user), Tour.for_user(user)
    with django_assert_num_queries(4):
        Export.for_user(user)


def test_is_streamed_in_small_pieces(user):
    make_file(user, "large.txt", b"x" * 1_000_000)
    assert max(map(len, Export.for_user(user).stream_zip())) <= 65_536


def test_get_does_not_start_it(client, user):
    assert client.get("/profile/export/").url == "/profile/"


def test_anonymous_is_redirected_to_login(client):
    assert client.post("/profile/export/").url.startswith("/accounts/login/")
