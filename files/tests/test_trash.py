"""Into the trash, out of it, and gone for good."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.tests.people import make_user
from files.models import TRASH_PERIOD, File
from files.tests.agreement import assert_consistent, stored_keys
from files.tests.content import make_image, upload_file
from files.trash import delete_expired, delete_for_good

pytestmark = pytest.mark.django_db(transaction=True)

SECOND = timedelta(seconds=1)


@pytest.fixture
def user():
    return make_user()


def deleted_ago(file, ago):
    File.objects.filter(pk=file.pk).update(deleted_at=timezone.now() - ago)


def test_a_deleted_file_is_in_the_trash_with_all_its_bytes(user):
    file = upload_file(user)
    assert user.files.trash() == 1
    assert list(user.files.deleted()) == [file]
    assert not user.files.present().exists()
    assert stored_keys() == [file.object_id]


def test_deleting_it_says_when_it_was_changed(user):
    file = upload_file(user)
    user.files.trash()
    assert user.files.get().updated_at > file.updated_at


def test_a_file_is_deleted_once(user):
    upload_file(user)
    assert user.files.trash() == 1
    assert user.files.trash() == 0


def test_a_file_is_restored_as_it_was(user):
    file = upload_file(user)
    user.files.trash()
    assert user.files.restore() == 1
    assert list(user.files.present()) == [file]
    assert user.files.restore() == 0


def test_a_file_can_be_restored_up_to_the_last_moment(user):
    deleted_ago(upload_file(user), TRASH_PERIOD - 60 * SECOND)
    assert user.files.restore() == 1


def test_and_not_after_it(user):
    deleted_ago(upload_file(user), TRASH_PERIOD + SECOND)
    assert user.files.restore() == 0
    assert list(user.files.deleted()) == []
    assert user.files.expired().count() == 1


@pytest.mark.parametrize("in_trash", [True, False])
def test_a_file_is_gone_for_good_with_its_thumbnail(store, user, in_trash):
    upload_file(user, content=make_image())
    if in_trash:
        user.files.trash()
    assert delete_for_good(user.files.all()) == 1
    assert stored_keys() == []
    assert_consistent()


def test_it_is_gone_once(user):
    upload_file(user)
    assert delete_for_good(user.files.all()) == 1
    assert delete_for_good(user.files.all()) == 0


def test_only_the_files_that_are_named_are_gone(user):
    file, other = upload_file(user), upload_file(make_user(email="bob@example.org"))
    assert delete_for_good(File.objects.filter(pk=file.pk)) == 1
    assert File.objects.get() == other
    assert_consistent()


def test_the_expired_ones_are_gone_however_many(user, monkeypatch):
    monkeypatch.setattr("files.trash.BATCH_SIZE", 2)
    for _ in range(5):
        deleted_ago(upload_file(user), TRASH_PERIOD + SECOND)
    stays = upload_file(user)
    assert delete_expired() == 5
    assert File.objects.get() == stays
    assert_consistent()
