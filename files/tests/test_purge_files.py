"""manage.py purge_files with a folder and with a bucket."""

import uuid
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.tests.people import make_user
from config.database.cli import use_jobs_pool
from config.tests.processes import free_port
from files import objects, orphans, storage_settings
from files.models import TRASH_PERIOD, File, StoredObject
from files.storage import Folder
from files.tests.conftest import use
from files.tests.consistency import assert_consistent, stored_keys
from files.tests.content import make_image, upload_file
from profiles.models import Profile

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "jobs"])

NO_ORPHANS = "object without a row: 0, row without its object: 0\n"
NOTHING = f"expired files deleted: 0, leftover objects removed: 0\n{NO_ORPHANS}"


@pytest.fixture
def purge(capsys):
    def run(*options):
        with use_jobs_pool():
            call_command("purge_files", *options)
        return capsys.readouterr().out

    return run


def expire(file):
    ago = timezone.now() - TRASH_PERIOD - timedelta(seconds=1)
    File.objects.filter(pk=file.pk).update(deleted_at=ago)


def store_object(key):
    return default_storage.save(key, ContentFile(b"hello"))


def make_key():
    return f"{uuid.uuid4()}/{uuid.uuid4()}.txt"


def write_pending(user, key):
    StoredObject.objects.create(key=key, owner=user)
    return store_object(key)


def test_does_nothing_without_files(store, purge):
    upload_file(make_user(), content=make_image())
    assert purge() == NOTHING
    assert_consistent()


def test_deletes_only_expired_files(store, purge):
    user = make_user()
    expire(upload_file(user, content=make_image()))
    stays, deleted = upload_file(user), upload_file(user)
    user.files.filter(pk=deleted.pk).trash()
    assert "expired files deleted: 1" in purge()
    assert set(user.files.all()) == {stays, deleted}
    assert_consistent()


def test_retries_failed_removals(store, purge):
    user = make_user()
    key = write_pending(user, make_key())
    StoredObject.objects.filter(pk=key).update(remove_after=timezone.now())
    assert "leftover objects removed: 1" in purge()
    assert stored_keys() == []


def test_keeps_pending_objects(store, purge):
    key = write_pending(make_user(), make_key())
    assert purge("--remove-orphans") == NOTHING.rstrip("\n") + " (removed)\n"
    assert stored_keys() == [key]


def test_removes_objects_of_deleted_users(store, purge):
    user = make_user()
    upload_file(user, content=make_image())
    user.delete()
    assert "leftover objects removed: 2" in purge()
    assert_consistent()


def test_dry_run_reports_and_removes_nothing(store, purge):
    user = make_user()
    expire(upload_file(user))
    store_object(orphan := make_key())
    before = stored_keys()
    assert purge("--dry-run", "--remove-orphans") == (
        "expired files: 1, objects to remove: 0 (dry run)\n"
        f"object without a row: {orphan}\n"
        "object without a row: 1, row without its object: 0\n"
        "Use --remove-orphans to remove the orphans.\n"
    )
    assert stored_keys() == before
    assert user.files.count() == 1


def test_reports_objects_without_a_row_and_removes_them_on_request(store, purge):
    store_object(key := make_key())
    assert f"object without a row: {key}\n" in purge()
    assert stored_keys() == [key]
    assert "object without a row: 1" in purge("--remove-orphans")
    assert stored_keys() == []


def test_reports_files_without_object_and_removes_them_on_request(store, purge):
    file = upload_file(make_user(), content=make_image())
    default_storage.delete(file.object_id)
    assert f"row without its object: {file.object_id}\n" in purge()
    assert File.objects.get() == file
    assert "row without its object: 1" in purge("--remove-orphans")
    assert not File.objects.exists()
    assert_consistent()


def test_clears_missing_thumbnails(store, purge):
    file = upload_file(make_user(), content=make_image())
    default_storage.delete(file.thumbnail_id)
    purge("--remove-orphans")
    assert File.objects.get().thumbnail is None
    assert_consistent()


def test_clears_missing_avatars(purge):
    user = make_user()
    avatar = StoredObject.objects.create(key=make_key(), owner=user, remove_after=None)
    Profile.objects.create(user=user, avatar=avatar)
    purge("--remove-orphans")
    assert Profile.objects.get().avatar is None
    assert not StoredObject.objects.exists()


@pytest.mark.parametrize(
    "key", ["notes.txt", "a/b.txt", f"{uuid.uuid4()}/notes.txt", f"x/{uuid.uuid4()}/a.txt"]
)
def test_ignores_foreign_objects(store, purge, key):
    store_object(key)
    assert purge("--remove-orphans").count(": 0") == 4
    assert default_storage.exists(key)


def test_wrong_bucket_deletes_nothing(store, purge, settings, tmp_path):
    user = make_user()
    files = [upload_file(user) for _ in range(3)]
    use(settings, storage_settings.build_storage(tmp_path / "other", ""))
    store_object(make_key())
    assert "object without a row: 1, row without its object: 3\n" in purge()
    assert set(user.files.all()) == set(files)
    assert len(stored_keys()) == 1


def test_object_with_a_new_row_is_no_orphan(purge, monkeypatch):
    user, key = make_user(), make_key()
    whole = Folder.list_keys

    def listed(self):
        write_pending(user, key)
        yield from whole(self)

    rows = iter([[]])
    monkeypatch.setattr(Folder, "list_keys", listed)
    monkeypatch.setattr(objects, "iter_key_pages", lambda _: rows)
    assert [orphan for _, orphan in orphans.compare_keys()] == [None]


def test_row_removed_meanwhile_is_no_orphan(purge):
    user = make_user()
    file = upload_file(user)
    compared = orphans._is_orphan
    StoredObject.objects.filter(pk=file.object_id).update(remove_after=timezone.now())
    default_storage.delete(file.object_id)
    assert compared(file.object_id, orphans.Orphan.ROW) is False


def test_compares_in_pages(purge, monkeypatch):
    monkeypatch.setattr(objects, "PAGE_SIZE", 2)
    user = make_user()
    files = [upload_file(user) for _ in range(7)]
    store_object(extra := make_key())
    found = dict(orphans.compare_keys())
    assert found == {file.object_id: None for file in files} | {extra: orphans.Orphan.OBJECT}


def test_failed_removals_are_named_and_fail_the_command(purge, monkeypatch):
    def fail(*args):
        raise PermissionError("not yours")

    file = upload_file(make_user())
    expire(file)
    store_object(orphan := make_key())
    monkeypatch.setattr(Folder, "delete", fail)
    with pytest.raises(CommandError) as caught:
        purge("--remove-orphans")
    assert caught.value.returncode == 1
    assert "2 could not be removed" in str(caught.value)
    assert file.object_id in str(caught.value)
    assert orphan in str(caught.value)


def test_unreachable_storage_is_a_one_line_error_within_seconds(purge, settings):
    access = {"region": "", "key_id": "someone", "secret": "something"}
    unreachable = f"http://127.0.0.1:{free_port()}"
    use(settings, storage_settings.build_storage(None, "bucket", endpoint=unreachable, **access))
    with pytest.raises(CommandError, match="Cannot read storage: Could not connect"):
        purge()
