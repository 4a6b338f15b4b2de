"""Storage and database agree, whatever breaks and wherever: each step is broken in turn."""

import pytest
from django.db import OperationalError, connection
from django.db.backends.postgresql.base import DatabaseWrapper
from django.db.models.query import QuerySet

from accounts.tests.people import make_user
from files import objects, trash
from files.models import File
from files.objects import StorageError
from files.storage import Folder
from files.tests.agreement import (
    Break,
    Death,
    an_hour_later,
    assert_agreed,
    stored_keys,
    write_half,
)
from files.tests.content import kept, picture

pytestmark = pytest.mark.django_db(transaction=True)

# Of an image: two rows, each with its commit, two objects, the claim, the file, their commit.
STEPS = [
    ((objects, "_announce"), 1),
    ((objects, "_announce"), 2),
    ((Folder, "_save"), 1),
    ((Folder, "_save"), 2),
    ((objects, "claim"), 1),
    ((File, "save"), 1),
    ((DatabaseWrapper, "commit"), 1),
    ((DatabaseWrapper, "commit"), 2),
    ((DatabaseWrapper, "commit"), 3),
]
REMOVAL = [
    (objects, "discard"),
    (QuerySet, "delete"),
    (DatabaseWrapper, "commit"),
    (objects, "_remove_some"),
    (Folder, "delete"),
]


def die(action):
    """Have the process killed in the action: its connection is closed, and that is all."""
    with pytest.raises(BaseException):  # noqa: B017, PT011
        action()
    connection.close()


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(("step", "number"), STEPS)
def test_an_upload_that_fails_leaves_nothing_or_all(monkeypatch, step, number, after):
    user = make_user()
    with monkeypatch.context() as patch:
        fault = Break(patch, step, OperationalError("lost"), after=after, number=number)
        with pytest.raises((OperationalError, StorageError)):
            kept(user, content=picture())
        assert fault.happened
    assert_agreed()


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(("step", "number"), STEPS)
def test_an_upload_that_is_killed_leaves_what_is_removed_later(monkeypatch, step, number, after):
    user = make_user()
    with monkeypatch.context() as patch:
        patch.setattr(objects, "_withdraw", lambda keys: None)
        fault = Break(patch, step, Death(), after=after, number=number)
        die(lambda: kept(user, content=picture()))
        assert fault.happened
    an_hour_later()
    assert_agreed()


def test_a_commit_whose_answer_is_lost_keeps_the_file(monkeypatch):
    user = make_user()
    with monkeypatch.context() as patch:
        Break(patch, (DatabaseWrapper, "commit"), OperationalError("lost"), after=True, number=2)
        with pytest.raises(OperationalError):
            kept(user)
    an_hour_later()
    assert_agreed()
    assert File.objects.count() == 1


def test_half_of_an_object_is_removed(monkeypatch):
    user = make_user()
    with monkeypatch.context() as patch:
        patch.setattr(Folder, "_save", write_half)
        with pytest.raises(StorageError):
            kept(user)
    assert_agreed()
    assert File.objects.count() == 0


def test_half_of_an_object_that_cannot_be_removed_is_removed_later(monkeypatch):
    user = make_user()
    with monkeypatch.context() as patch:
        patch.setattr(Folder, "_save", write_half)
        Break(patch, (Folder, "delete"), OSError("broken"))
        with pytest.raises(StorageError):
            kept(user)
    assert len(stored_keys()) == 1
    an_hour_later()
    assert_agreed()


def test_an_upload_that_fails_while_the_database_is_away_leaves_what_is_removed_later(monkeypatch):
    user = make_user()
    with monkeypatch.context() as patch:
        Break(patch, (objects, "claim"), OperationalError("lost"))
        Break(patch, (QuerySet, "update"), OperationalError("lost"))
        with pytest.raises(OperationalError):
            kept(user)
    assert len(stored_keys()) == 1
    an_hour_later()
    assert_agreed()


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("step", REMOVAL)
def test_a_removal_that_fails_leaves_nothing_or_all(monkeypatch, step, after):
    kept(make_user(), content=picture())
    with monkeypatch.context() as patch:
        fault = Break(patch, step, OperationalError("lost"), after=after)
        try:
            trash.delete_for_good(File.objects.all())
        except OperationalError:
            assert step not in REMOVAL[3:]
        assert fault.happened
    an_hour_later()
    assert_agreed()


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("step", REMOVAL)
def test_a_removal_that_is_killed_leaves_nothing_or_all(monkeypatch, step, after):
    kept(make_user(), content=picture())
    with monkeypatch.context() as patch:
        fault = Break(patch, step, Death(), after=after)
        die(lambda: trash.delete_for_good(File.objects.all()))
        assert fault.happened
    an_hour_later()
    assert_agreed()


def test_a_row_whose_removal_fails_is_removed_later(monkeypatch):
    kept(make_user())
    with monkeypatch.context() as patch:
        # The first is the file's own.
        fault = Break(patch, (QuerySet, "delete"), OperationalError("lost"), number=2)
        assert trash.delete_for_good(File.objects.all()) == 1
        assert fault.happened
    assert stored_keys() == []
    an_hour_later()
    assert_agreed()
