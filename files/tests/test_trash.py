"""Moving files to the trash, restoring and deleting them for good."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.tests.people import make_user
from files.models import TRASH_PERIOD, File
from files.tests.consistency import assert_consistent, stored_keys
from files.tests.content import make_image, upload_file
from files.trash import delete_expired, delete_for_good

pytestmark = pytest.mark.django_db(transaction=True)

SECOND = timedelta(seconds=1)


@pytest.fixture
def user():
    return make_user()


def deleted_ago(file, ago):
    File.objects.filter(pk=file.pk).update(deleted_at=timezone.now() - ago)


def test_deleted_file_keeps_its_object(user):
    file = upload_file(user)
    assert user.files.trash() == 1
    assert list(user.files.deleted()) == [file]
    assert not user.files.present().exists()
    assert stored_keys() == [file.object_id]


def test_deleting_sets_updated_at(user):
    file = upload_file(user)
    user.files.trash()
    assert user.files.get().updated_at > file.updated_at


def test_file_is_deleted_once(user):
    upload_file(user)
    assert user.files.trash() == 1
    assert user.files.trash() == 0


def test_restores_the_file_unchanged(user):
    file = upload_file(user)
    user.files.trash()
    assert user.files.restore() == 1
    assert list(user.files.present()) == [file]
    assert user.files.restore() == 0


def test_can_be_restored_for_30_days(user):
    deleted_ago(upload_file(user), TRASH_PERIOD - 60 * SECOND)
    assert user.files.restore() == 1


def test_cannot_be_restored_after_30_days(user):
    deleted_ago(upload_file(user), TRASH_PERIOD + SECOND)
    assert user.files.restore() == 0
    assert list(user.files.deleted()) == []
    assert user.files.expired().count() == 1


@pytest.mark.parametrize("in_trash", [True, False])
def test_deletes_file_and_thumbnail_for_good(store, user, in_trash):
    upload_file(user, content=make_image())
    if in_trash:
        user.files.trash()
    assert delete_for_good(user.files.all()) == 1
    assert stored_keys() == []
    assert_consistent()


def test_second_deletion_deletes_nothing(user):
    upload_file(user)
    assert delete_for_good(user.files.all()) == 1
    assert delete_for_good(user.files.all()) == 0


def test_deletes_only_the_given_files(user):
    file, other = upload_file(user), upload_file(make_user(email="bob@example.org"))
    assert delete_for_good(File.objects.filter(pk=file.pk)) == 1
    assert File.objects.get() == other
    assert_consistent()


def test_deletes_expired_files_in_batches(user, monkeypatch):
    monkeypatch.setattr("files.trash.BATCH_SIZE", 2)
    for _ in range(5):
        deleted_ago(upload_file(user), TRASH_PERIOD + SECOND)
    stays = upload_file(user)
    assert delete_expired() == 5
    assert File.objects.get() == stays
    assert_consistent()
