"""Deleting an account."""

import pytest
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection
from django.test import Client

from accounts.models import Session, User
from accounts.tests.people import PASSWORD, make_admin, make_user
from files.models import StoredObject
from onboarding.models import Preferences
from profiles.deletion import delete_account
from profiles.models import Profile
from profiles.tests.avatar_images import give_avatar, list_stored_keys
from profiles.tests.test_export import make_file
from tours.models import Tour

pytestmark = pytest.mark.django_db(transaction=True)


def delete(client, password=PASSWORD, **options):
    return client.post("/profile/delete/", {"password": password}, **options)


def dump_database():
    """Return all rows of all tables as text."""
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            cursor.execute(f'SELECT t::text FROM "{model._meta.db_table}" t')
            yield from (f"{model.__name__}: {row}" for (row,) in cursor.fetchall())
        cursor.execute("SELECT t::text FROM cache t")
        yield from (row for (row,) in cursor.fetchall())


def make_data_everywhere(user):
    """Create rows in every table that can refer to the user."""
    give_avatar(user)
    Profile.for_user(user).store(bio="Writes programs.")
    Preferences.for_user(user).store(traits=["direct"])
    Tour.objects.create(user=user)
    make_file(user, "notes.txt")
    make_file(user, "trash.txt", deleted_at=user.date_joined)
    StoredObject.objects.create(key=f"{user.pk}/half-written.txt", owner=user)
    Client().force_login(user)


def log(actor, about, text):
    kind = ContentType.objects.get_for_model(about)
    return LogEntry.objects.create(
        user=actor, content_type=kind, object_id=about.pk, object_repr=text, action_flag=CHANGE
    )


def test_asks_and_lists_what_will_be_lost(client, user, django_assert_max_num_queries):
    make_file(user, "notes.txt", b"x" * 1200)
    with django_assert_max_num_queries(3):
        page = client.get("/profile/delete/").content.decode()
    for words in ("ada@example.org", "1 file (1.2 KB)", 'type="password"', "/profile/export/"):
        assert words in page


def test_deletes_everything_with_the_password(client, user):
    make_data_everywhere(user)
    response = delete(client, follow=True)
    assert response.redirect_chain == [("/", 302)]
    assert b"Your account and all your data have been deleted." in response.content
    assert not response.wsgi_request.user.is_authenticated
    traces = [row for row in dump_database() if str(user.pk) in row or "ada@example.org" in row]
    assert traces == [row for row in traces if "half-written" in row]
    assert list_stored_keys() == set()


def test_pending_objects_are_left_to_purge_files(client, user):
    make_data_everywhere(user)
    delete(client)
    assert [row.key for row in StoredObject.objects.due()] == [f"{user.pk}/half-written.txt"]


def test_history_of_administrators_stays_anonymized(client, user):
    grace = make_admin()
    about_ada = [
        log(grace, user, "ada@example.org"),
        log(grace, user.sessions.get(), "ada@example.org since 2026-11-23 16:05"),
    ]
    about_grace = log(grace, grace, "grace@example.org")
    delete(client)
    for entry in about_ada:
        entry.refresh_from_db()
        assert (entry.object_repr, entry.object_id) == ("a deleted user", None)
    about_grace.refresh_from_db()
    assert about_grace.object_repr == "grace@example.org"


def test_history_forgets_the_user_s_rows(client, user):
    grace, file = make_admin(), make_file(user, "secret.txt")
    entries = [
        log(grace, file, "secret.txt"),
        log(grace, user.emailaddress_set.get(), "former@example.org"),
        log(grace, Preferences.for_user(user), "preferences"),
        log(grace, file.object, file.object_id),
    ]
    delete(client)
    for entry in entries:
        entry.refresh_from_db()
        assert (entry.object_repr, entry.object_id) == ("a deleted user", None)


def test_history_forgets_the_email_everywhere(client, user):
    grace = make_admin()
    entry = log(grace, grace, "ADA@example.org since 2026-11-23")
    said = log(grace, grace, "grace@example.org")
    LogEntry.objects.filter(pk=said.pk).update(change_message="Was <ada@example.org>.")
    delete(client)
    entry.refresh_from_db()
    said.refresh_from_db()
    assert entry.object_repr == "a deleted user"
    assert (said.object_repr, said.change_message) == ("grace@example.org", "")


@pytest.mark.parametrize("like", ["bada@example.org", "x.ada@example.org", "ada@example.org.uk"])
def test_history_keeps_similar_emails(client, user, like):
    entry = log(make_admin(), make_user(email=like), like)
    delete(client)
    entry.refresh_from_db()
    assert entry.object_repr == like


def test_other_users_lose_nothing(client, user):
    bob = make_user(email="bob@example.org")
    make_data_everywhere(bob)
    before = {row for row in dump_database() if str(bob.pk) in row}, list_stored_keys()
    make_data_everywhere(user)
    delete(client)
    assert ({row for row in dump_database() if str(bob.pk) in row}, list_stored_keys()) == before


@pytest.mark.parametrize("password", ["wrong", "", "a\0b", "x" * 10_000])
def test_wrong_password_is_an_error_at_the_field(client, user, password):
    response = delete(client, password)
    assert response.status_code == 422
    assert set(response.context["form"].errors) == {"password"}
    assert User.objects.get() == user
    assert Session.objects.get().user == user


def test_missing_password_deletes_nothing(client, user):
    assert client.post("/profile/delete/").status_code == 422
    assert User.objects.get() == user


def test_password_attempts_are_limited(client, user):
    for _ in range(5):
        delete(client, "wrong")
    response = delete(client)
    assert b"Too many failed attempts." in response.content
    assert User.objects.get() == user


def test_last_administrator_sees_an_explanation(client):
    client.force_login(make_admin())
    make_admin(email="gone@example.org", is_active=False)
    assert b"You are the last administrator" in client.get("/profile/delete/").content
    response = delete(client)
    assert response.status_code == 422
    assert b"You are the last administrator" in response.content
    assert User.objects.filter(is_active=True).count() == 1


def test_other_administrator_can_delete_the_account(client):
    client.force_login(make_admin())
    make_admin(email="next@example.org")
    assert delete(client).status_code == 302
    assert User.objects.get().email == "next@example.org"


def test_only_one_of_the_last_two_administrators_can_leave():
    first, second = make_admin(), make_admin(email="next@example.org")
    delete_account(first)
    with pytest.raises(ValidationError):
        delete_account(second)


def test_failure_rolls_everything_back(client, user, monkeypatch):
    def fails(self):
        raise IntegrityError

    make_data_everywhere(user)
    before = set(dump_database()), list_stored_keys()
    monkeypatch.setattr(User, "delete", fails)
    with pytest.raises(IntegrityError):
        delete_account(user)
    assert (set(dump_database()), list_stored_keys()) == before


def test_storage_error_does_not_stop_the_deletion(client, user, monkeypatch):
    def fails(self, name):
        raise OSError("read only")

    make_data_everywhere(user)
    monkeypatch.setattr("files.storage.Folder.delete", fails)
    assert delete(client).status_code == 302
    assert not User.objects.exists()
    assert StoredObject.objects.due().count() == StoredObject.objects.count() == 4


def test_cannot_sign_in_afterwards(client, user):
    delete(client)
    response = client.post("/accounts/login/", {"login": "ada@example.org", "password": PASSWORD})
    assert response.status_code == 200


def test_anonymous_is_redirected_to_login(client):
    assert client.get("/profile/delete/").url == "/accounts/login/?next=/profile/delete/"
    assert delete(client).status_code == 302
