"""Validating and storing uploads, in a folder and in a bucket."""

import io
import threading

import pytest
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.db import connection
from django.db.models import Max, Value
from django.utils import timezone
from PIL import Image

from accounts.tests.people import make_user
from config.lib.local_formats import local_formats
from files import images, objects, quota, uploads
from files.models import TRASH_PERIOD, File, StoredObject
from files.storage import Folder
from files.tests.consistency import assert_consistent, stored_keys
from files.tests.content import PDF, make_image, make_png_claiming, make_upload, upload_file
from files.uploads import upload

pytestmark = pytest.mark.django_db(transaction=True)


def read_object(key):
    with default_storage.open(key) as stored:
        return stored.read()


def get_errors(user, file):
    """Return the errors, and check that nothing is stored."""
    before = stored_keys()
    with pytest.raises(ValidationError) as caught:
        upload(user, file)
    assert stored_keys() == before
    assert_consistent()
    return caught.value.message_dict


@pytest.mark.parametrize(
    ("name", "content", "content_type"),
    [
        ("a.txt", b"hello", "text/plain"),
        ("a.csv", b"a,b", "text/csv"),
        ("a.md", b"# a", "text/markdown"),
        ("a.pdf", PDF, "application/pdf"),
    ],
)
def test_stores_the_file_unchanged(store, name, content, content_type):
    file = upload_file(make_user(), name, content)
    assert (file.name, file.content_type, file.size) == (name, content_type, len(content))
    assert file.thumbnail is None
    assert read_object(file.object_id) == content
    assert_consistent()


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_stores_an_image_with_a_thumbnail(store, form):
    data = make_image(form, (800, 400))
    file = upload_file(make_user(), "a", data)
    assert read_object(file.object_id) == data
    thumbnail = Image.open(io.BytesIO(read_object(file.thumbnail_id)))
    assert (thumbnail.format, thumbnail.size) == ("WEBP", (320, 160))
    assert_consistent()


def test_key_does_not_contain_the_name():
    user = make_user()
    file = upload_file(user, "../../secret plan.txt")
    assert file.name == "secret plan.txt"
    folder, _, name = file.object_id.partition("/")
    assert folder == str(user.pk)
    assert "secret" not in name
    assert len(name) == len("00000000-0000-0000-0000-000000000000.txt")


@pytest.mark.parametrize("content_type", ["text/html", "image/svg+xml", "image/png", "", "\0"])
def test_ignores_the_client_s_type(content_type):
    file = upload(make_user(), make_upload("a.html", b"<script>", content_type))
    assert (file.name, file.content_type) == ("a.html.txt", "text/plain")
    assert file.object_id.endswith(".txt")


def test_moves_a_temporary_file():
    with TemporaryUploadedFile("a.txt", "", 6, None) as file:
        file.write(b"hello\n")
        assert read_object(upload(make_user(), file).object_id) == b"hello\n"


def test_rejects_an_empty_file():
    assert get_errors(make_user(), make_upload(content=b"")) == {"file": [uploads.EMPTY]}


def test_accepts_the_largest_size(settings):
    settings.FILE_MAX_SIZE = 1_000_000
    assert upload_file(make_user(), content=b"a" * 1_000_000).size == 1_000_000


def test_rejects_larger_files(settings):
    settings.FILE_MAX_SIZE = 1_000_000
    reason = get_errors(make_user(), make_upload(content=b"a" * 1_000_001))
    assert reason == {"file": ["This file is larger than 1 MB."]}


def test_stores_too_costly_images_without_a_thumbnail():
    data = make_png_claiming(10_000, 10_000)
    file = upload_file(make_user(), "sea.png", data)
    assert (file.content_type, file.thumbnail) == ("image/png", None)
    assert read_object(file.object_id) == data
    assert_consistent()


def test_rejects_broken_images():
    half = make_image(size=(400, 300))[:300]
    assert get_errors(make_user(), make_upload("a.png", half)) == {"file": [images.BROKEN]}


def test_rejects_truncated_images():
    assert get_errors(make_user(), make_upload("a.jpg", b"\xff\xd8\xff")) == {
        "file": [images.BROKEN]
    }


def test_rejects_files_beyond_the_quota(settings):
    settings.FILE_QUOTA = 11
    user = make_user()
    upload_file(user)
    assert get_errors(user, make_upload()) == {"file": [quota.FULL]}
    assert quota.count_used_bytes(user) == 6


def test_trash_counts_towards_the_quota(settings):
    settings.FILE_QUOTA = 11
    user = make_user()
    upload_file(user)
    user.files.trash()
    assert get_errors(user, make_upload()) == {"file": [quota.FULL]}


def test_expired_files_do_not_count_towards_the_quota(settings):
    settings.FILE_QUOTA = 11
    user = make_user()
    upload_file(user)
    user.files.update(deleted_at=timezone.now() - TRASH_PERIOD)
    assert quota.count_used_bytes(user) == 0
    assert upload_file(user).size == 6


def test_quota_can_be_filled_to_the_last_byte(settings):
    settings.FILE_QUOTA = 12
    user = make_user()
    upload_file(user)
    upload_file(user)
    assert quota.count_used_bytes(user) == 12


def test_quota_is_per_user(settings):
    settings.FILE_QUOTA = 6
    upload_file(make_user())
    assert upload_file(make_user(email="bob@example.org")).size == 6


def test_rejects_too_many_files(monkeypatch):
    monkeypatch.setattr(quota, "MAX_FILES", 1)
    user = make_user()
    upload_file(user)
    assert get_errors(user, make_upload()) == {"file": [quota.TOO_MANY % "1"]}


def test_limit_of_files_uses_the_user_s_locale(monkeypatch):
    upload_file(user := make_user())
    monkeypatch.setattr(quota, "MAX_FILES", 1_234)
    monkeypatch.setattr(quota, "Count", lambda _: Max(Value(1_234)))
    with local_formats("UTC", "de"):
        assert "You have 1.234 files" in get_errors(user, make_upload())["file"][0]


def test_concurrent_uploads_respect_the_quota(settings, monkeypatch):
    settings.FILE_QUOTA = 13
    user, all_written = make_user(), threading.Barrier(4)

    def send():
        try:
            upload(user, make_upload())
        except ValidationError as error:
            reasons.append(error.messages)
        finally:
            connection.close()

    reasons, turn = [], uploads._lock_user

    def waiting(user):
        all_written.wait(20)
        turn(user)

    monkeypatch.setattr(uploads, "_lock_user", waiting)
    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert reasons == [[quota.FULL]] * 2
    assert quota.count_used_bytes(user) == 12
    assert_consistent()


def test_user_deleted_meanwhile_leaves_nothing(monkeypatch):
    user = make_user()
    turn = uploads._lock_user
    monkeypatch.setattr(uploads, "_lock_user", lambda locked: (locked.delete(), turn(user)))
    with pytest.raises(objects.StorageError):
        upload_file(user)
    assert not File.objects.exists()
    assert stored_keys() == []
    assert not StoredObject.objects.exists()


def test_storage_error_leaves_nothing(monkeypatch, caplog):
    def fail(*args):
        raise OSError("disk full")

    monkeypatch.setattr(Folder, "_save", fail)
    with pytest.raises(objects.StorageError) as caught:
        upload_file(make_user())
    assert str(caught.value) == objects.NOT_STORED
    assert "disk full" in caplog.text
    assert_consistent()


def test_counts_the_bytes_of_stored_files(list_events):
    upload_file(make_user(), "a.txt", b"hello")
    assert list_events() == [{"kind": "upload", "bytes": 5}]


def test_counts_refusals_by_reason(settings, monkeypatch, list_events):
    user, settings.FILE_MAX_SIZE, settings.FILE_QUOTA = make_user(), 100, 50
    for content in (b"", b"x" * 101, b"\x7fELF", b"x" * 51):
        get_errors(user, make_upload("a.txt", content))
    with pytest.raises(ValidationError):
        uploads.check_content_length(user, 10**6)
    monkeypatch.setattr(Folder, "_save", fail)
    with pytest.raises(objects.StorageError):
        upload_file(user, "a.txt", b"x")
    refused = [event["reason"] for event in list_events()]
    assert refused == ["empty", "size", "type", "quota", "size", "storage"]


def fail(*args):
    raise OSError("no disk")
