"""Storage and database stay consistent, whichever step fails."""

import pytest
from django.db import OperationalError, connection
from django.db.backends.postgresql.base import DatabaseWrapper
from django.db.models.query import QuerySet

from accounts.tests.people import make_user
from files import objects, trash
from files.models import File
from files.objects import StorageError
from files.storage import Folder
from files.tests.consistency import (
    FailingCall,
    ProcessKilled,
    assert_consistent,
    remove_after_an_hour,
    stored_keys,
    write_half,
)
from files.tests.content import make_image, upload_file

pytestmark = pytest.mark.django_db(transaction=True)

# For an image: two rows, each with its commit, two objects, mark_used, the file, their commit.
STEPS = [
    ((objects, "_create_row"), 1),
    ((objects, "_create_row"), 2),
    ((Folder, "_save"), 1),
    ((Folder, "_save"), 2),
    ((objects, "mark_used"), 1),
    ((File, "save"), 1),
    ((DatabaseWrapper, "commit"), 1),
    ((DatabaseWrapper, "commit"), 2),
    ((DatabaseWrapper, "commit"), 3),
]
REMOVAL = [
    (objects, "mark_unused"),
    (QuerySet, "delete"),
    (DatabaseWrapper, "commit"),
    (objects, "_remove_now"),
    (Folder, "delete"),
]


def kill_during(action):
    """Simulate a process that is killed during the action: its connection closes."""
    with pytest.raises(BaseException):  # noqa: B017, PT011  whatever the kill raises
        action()
    connection.close()


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(("step", "number"), STEPS)
def test_failed_upload_leaves_nothing_or_all(monkeypatch, step, number, after):
    user = make_user()
    with monkeypatch.context() as patch:
        fault = FailingCall(patch, step, OperationalError("lost"), after=after, number=number)
        with pytest.raises((OperationalError, StorageError)):
            upload_file(user, content=make_image())
        assert fault.happened
    assert_consistent()


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(("step", "number"), STEPS)
def test_killed_upload_is_cleaned_up_later(monkeypatch, step, number, after):
    user = make_user()
    with monkeypatch.context() as patch:
        patch.setattr(objects, "_remove_pending", lambda keys: None)
        fault = FailingCall(patch, step, ProcessKilled(), after=after, number=number)
        kill_during(lambda: upload_file(user, content=make_image()))
        assert fault.happened
    remove_after_an_hour()
    assert_consistent()


def test_lost_commit_response_keeps_the_file(monkeypatch):
    user = make_user()
    with monkeypatch.context() as patch:
        FailingCall(
            patch, (DatabaseWrapper, "commit"), OperationalError("lost"), after=True, number=2
        )
        with pytest.raises(OperationalError):
            upload_file(user)
    remove_after_an_hour()
    assert_consistent()
    assert File.objects.count() == 1


def test_removes_incomplete_objects(monkeypatch):
    user = make_user()
    with monkeypatch.context() as patch:
        patch.setattr(Folder, "_save", write_half)
        with pytest.raises(StorageError):
            upload_file(user)
    assert_consistent()
    assert File.objects.count() == 0


def test_removes_incomplete_objects_later_after_an_error(monkeypatch):
    user = make_user()
    with monkeypatch.context() as patch:
        patch.setattr(Folder, "_save", write_half)
        FailingCall(patch, (Folder, "delete"), OSError("broken"))
        with pytest.raises(StorageError):
            upload_file(user)
    assert len(stored_keys()) == 1
    remove_after_an_hour()
    assert_consistent()


def test_upload_without_database_is_cleaned_up_later(monkeypatch):
    user = make_user()
    with monkeypatch.context() as patch:
        FailingCall(patch, (objects, "mark_used"), OperationalError("lost"))
        FailingCall(patch, (QuerySet, "update"), OperationalError("lost"))
        with pytest.raises(OperationalError):
            upload_file(user)
    assert len(stored_keys()) == 1
    remove_after_an_hour()
    assert_consistent()


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("step", REMOVAL)
def test_failed_removal_leaves_nothing_or_all(monkeypatch, step, after):
    upload_file(make_user(), content=make_image())
    with monkeypatch.context() as patch:
        fault = FailingCall(patch, step, OperationalError("lost"), after=after)
        try:
            trash.delete_for_good(File.objects.all())
        except OperationalError:
            assert step not in REMOVAL[3:]
        assert fault.happened
    remove_after_an_hour()
    assert_consistent()


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("step", REMOVAL)
def test_killed_removal_leaves_nothing_or_all(monkeypatch, step, after):
    upload_file(make_user(), content=make_image())
    with monkeypatch.context() as patch:
        fault = FailingCall(patch, step, ProcessKilled(), after=after)
        kill_during(lambda: trash.delete_for_good(File.objects.all()))
        assert fault.happened
    remove_after_an_hour()
    assert_consistent()


def test_removes_rows_later_after_an_error(monkeypatch):
    upload_file(make_user())
    with monkeypatch.context() as patch:
        # The first deletion is the file's.
        fault = FailingCall(patch, (QuerySet, "delete"), OperationalError("lost"), number=2)
        assert trash.delete_for_good(File.objects.all()) == 1
        assert fault.happened
    assert stored_keys() == []
    remove_after_an_hour()
    assert_consistent()
