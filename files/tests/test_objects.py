"""Objects in storage and their rows."""

import threading

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.tests.people import make_user
from config.tests.processes import wait_until
from files import objects
from files.models import StoredObject
from files.objects import (
    ObjectLostError,
    StorageError,
    mark_unused,
    mark_used,
    remove,
    write_objects,
)
from files.storage import Folder
from files.tests.consistency import stored_keys

pytestmark = pytest.mark.django_db(transaction=True)


def write_used(user, count=1):
    with write_objects(user, [("txt", b"hello")] * count) as keys, transaction.atomic():
        mark_used(keys)
    return keys


def write_and_fail(user, action):
    """Write an object, run the action with its key, and raise in the block."""
    with write_objects(user, [("txt", b"hello")]) as keys:
        action(keys)
        raise ZeroDivisionError


def fail(*args):
    raise OSError("storage is away")


def test_used_object_is_stored():
    user = make_user()
    (key,) = write_used(user)
    assert key.startswith(f"{user.pk}/")
    assert key.endswith(".txt")
    with objects.open_object(key) as stored:
        assert stored.read() == b"hello"
    assert StoredObject.objects.get(owner=user).remove_after is None


def test_unused_object_is_removed_if_the_block_fails():
    with pytest.raises(ZeroDivisionError):
        write_and_fail(make_user(), lambda keys: None)
    assert stored_keys() == []
    assert not StoredObject.objects.exists()


def test_used_object_stays_if_the_block_fails_afterwards():
    with pytest.raises(ZeroDivisionError):
        write_and_fail(make_user(), mark_used)
    keys = stored_keys()
    assert len(keys) == 1
    assert remove(keys) == []
    assert stored_keys() == keys


def test_cannot_write_inside_a_transaction():
    user = make_user()
    with (
        transaction.atomic(),
        pytest.raises(RuntimeError),
        write_objects(user, [("txt", b"hello")]),
    ):
        pass
    assert stored_keys() == []


def test_cannot_use_an_expired_object():
    def late(keys):
        StoredObject.objects.update(remove_after=timezone.now())
        mark_used(keys)

    with pytest.raises(ObjectLostError):
        write_and_fail(make_user(), late)
    assert stored_keys() == []


def test_cannot_use_an_object_without_owner():
    user = make_user()

    def orphaned(keys):
        user.delete()
        mark_used(keys)

    with pytest.raises(ObjectLostError):
        write_and_fail(user, orphaned)
    assert stored_keys() == []


def test_unused_object_is_removed_after_the_transaction():
    keys = write_used(make_user(), 2)
    with transaction.atomic():
        mark_unused(keys)
        assert stored_keys() == sorted(keys)
    assert stored_keys() == []
    assert not StoredObject.objects.exists()


def test_object_stays_after_a_rollback():
    keys = write_used(make_user())
    with transaction.atomic():
        mark_unused(keys)
        transaction.set_rollback(True)
    assert stored_keys() == keys
    assert remove(keys) == []
    assert stored_keys() == keys


def test_objects_of_deleted_users_are_due():
    user = make_user()
    write_used(user, 2)
    user.delete()
    assert objects.remove_due() == (2, [])
    assert stored_keys() == []


def test_failed_removal_is_logged_and_stays_due(monkeypatch, caplog):
    keys = write_used(make_user())
    with monkeypatch.context() as patch:
        patch.setattr(Folder, "delete", fail)
        mark_unused(keys)
        assert objects.remove_due() == (0, keys)
    assert f"{keys[0]} could not be removed" in caplog.text
    assert objects.remove_due() == (1, [])


def test_stops_after_consecutive_failures(monkeypatch):
    keys, attempts = write_used(make_user(), 8), []
    monkeypatch.setattr(Folder, "delete", lambda _, key: attempts.append(key) or fail())
    mark_unused(keys)
    assert len(attempts) == 1
    assert sorted(objects.remove_due()[1]) == sorted(keys)
    assert len(attempts) == 1 + objects.MAX_FAILURES


def test_few_failures_do_not_block_the_others(monkeypatch):
    user = make_user()
    *bad, good = write_used(user, objects.MAX_FAILURES + 2)
    user.delete()
    delete = Folder.delete
    monkeypatch.setattr(
        Folder, "delete", lambda self, key: delete(self, key) if key == good else fail()
    )
    assert objects.remove_due() == (0, [*bad, good])
    removed, failed = objects.remove_due()
    assert (removed, sorted(failed)) == (1, sorted(bad))
    assert stored_keys() == sorted(bad)


def test_stops_after_consecutive_failures_across_pages(monkeypatch):
    monkeypatch.setattr(objects, "PAGE_SIZE", 2)
    user, attempts = make_user(), []
    keys = write_used(user, 9)
    user.delete()
    monkeypatch.setattr(Folder, "delete", lambda _, key: attempts.append(key) or fail())
    assert sorted(objects.remove_due()[1]) == sorted(keys)
    assert len(attempts) == objects.MAX_FAILURES


def test_request_removes_a_limited_number(monkeypatch):
    monkeypatch.setattr(objects, "MAX_REMOVED_AT_ONCE", 2)
    mark_unused(write_used(make_user(), 5))
    assert len(stored_keys()) == 3
    assert objects.remove_due() == (3, [])


def test_removes_all_due_objects_in_pages(monkeypatch):
    monkeypatch.setattr(objects, "PAGE_SIZE", 2)
    user = make_user()
    write_used(user, 5)
    user.delete()
    assert objects.remove_due() == (5, [])


def test_waits_for_uncommitted_use():
    """The object is marked in time, but the commit comes when it is due."""
    with write_objects(make_user(), [("txt", b"hello")]) as keys:
        StoredObject.objects.update(remove_after=timezone.now())
        with transaction.atomic():
            StoredObject.objects.update(remove_after=None)
            removal = run_in_thread(lambda: remove(keys))
            wait_until(is_waiting_for_a_lock, 10, "the removal waits for the claim")
        removal.join()
    assert stored_keys() == keys


def run_in_thread(action):
    def work():
        try:
            action()
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def is_waiting_for_a_lock():
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        return cursor.fetchone()[0]


@pytest.mark.parametrize("read", [objects.open_object, objects.is_stored])
def test_unreadable_storage_raises_storage_error(monkeypatch, caplog, read):
    keys = write_used(make_user())
    monkeypatch.setattr(Folder, "open", fail)
    monkeypatch.setattr(Folder, "exists", fail)
    with pytest.raises(StorageError) as caught:
        read(keys[0])
    assert str(caught.value) == objects.NOT_READ
    assert "storage is away" in caplog.text


def test_logs_missing_objects(caplog):
    assert objects.is_stored("nobody/nothing.txt") is False
    assert caplog.messages == ["nobody/nothing.txt is missing in storage"]
