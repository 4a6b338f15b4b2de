"""The buttons to delete, restore and delete for good."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from accounts.tests.people import make_user
from files.models import File
from files.tests.rows import make_row, make_rows

pytestmark = pytest.mark.django_db
ACTS = ["delete", "restore", "delete-for-good"]


def text(response):
    assert response.status_code == 200
    return response.content.decode()


def days_ago(days):
    return timezone.now() - timedelta(days=days)


def assert_redirects(response, url, says):
    """Check the redirect to `url` and the message there."""
    assert response.status_code == 302
    assert response.headers["Location"] == url
    assert says in text(response.client.get(url))


@pytest.mark.parametrize("act", ACTS)
class TestEveryButton:
    def test_redirects_anonymous_to_login(self, client, ada, act):
        file = make_row(ada)
        response = client.post(f"/files/{file.pk}/{act}/")
        assert response.headers["Location"].startswith("/accounts/login/?next=/files/")
        assert not File.objects.get().is_deleted

    @pytest.mark.parametrize("deleted_at", [None, timezone.now()])
    def test_does_not_touch_other_users_files(self, member, act, deleted_at):
        file = make_row(make_user(email="eve@example.org"), deleted_at=deleted_at)
        assert member.post(f"/files/{file.pk}/{act}/").status_code == 404
        assert File.objects.get().deleted_at == deleted_at

    def test_unknown_file_is_404_with_a_message(self, member, ada, act):
        make_row(ada, name="other.txt")
        response = member.post(f"/files/{uuid4()}/{act}/?sort=name")
        assert response.status_code == 404
        assert "This file no longer exists" in response.content.decode()
        assert "other.txt" in response.content.decode()

    def test_needs_the_csrf_token(self, ada, act):
        client = Client(enforce_csrf_checks=True)
        client.force_login(ada)
        file = make_row(ada, deleted_at=None if act == "delete" else timezone.now())
        assert client.post(f"/files/{file.pk}/{act}/").status_code == 403
        assert File.objects.get().is_deleted == (act != "delete")

    def test_redirects_only_to_the_list(self, member, ada, act):
        file = make_row(ada, deleted_at=timezone.now())
        query = "next=//evil.example&page=2&q=a%26b&sort=no"
        response = member.post(f"/files/{file.pk}/{act}/?{query}")
        assert response.headers["Location"] == "/files/?q=a%26b&page=2"


@pytest.mark.parametrize("act", ["delete", "restore"])
def test_get_changes_nothing_and_redirects_to_the_list(member, ada, act):
    file = make_row(ada, deleted_at=None if act == "delete" else timezone.now())
    response = member.get(f"/files/{file.pk}/{act}/?sort=name")
    assert response.headers["Location"] == "/files/?sort=name"
    assert File.objects.get().is_deleted == (act != "delete")


class TestDelete:
    def test_moves_the_file_to_the_trash(self, member, ada):
        file = make_row(ada)
        response = member.post(f"/files/{file.pk}/delete/?sort=name&page=2")
        assert_redirects(response, "/files/?sort=name&page=2", "“notes.txt” deleted.")
        assert File.objects.get().is_deleted

    def test_second_click_shows_a_message(self, member, ada):
        file = make_row(ada, deleted_at=days_ago(2))
        response = member.post(f"/files/{file.pk}/delete/")
        assert_redirects(response, "/files/", "“notes.txt” was already deleted.")
        assert File.objects.get().deleted_at == file.deleted_at


class TestRestore:
    def test_restores_the_file(self, member, ada):
        file = make_row(ada, deleted_at=days_ago(29))
        response = member.post(f"/files/{file.pk}/restore/?deleted=1")
        assert_redirects(response, "/files/?deleted=1", "“notes.txt” restored.")
        assert not File.objects.get().is_deleted

    def test_second_click_shows_a_message(self, member, ada):
        file = make_row(ada)
        response = member.post(f"/files/{file.pk}/restore/?deleted=1")
        assert_redirects(response, "/files/?deleted=1", "“notes.txt” was already restored.")

    def test_fails_after_30_days(self, member, ada):
        file = make_row(ada, deleted_at=days_ago(30))
        response = member.post(f"/files/{file.pk}/restore/?deleted=1")
        assert_redirects(response, "/files/?deleted=1", "was deleted more than 30 days ago.")
        assert File.objects.get().is_deleted


class TestDeleteForGood:
    def test_asks_first(self, member, ada):
        file = make_row(ada, name="a <b>.txt", deleted_at=timezone.now())
        page = text(member.get(f"/files/{file.pk}/delete-for-good/?deleted=1&page=2"))
        assert "Delete for good?" in page
        assert "a &lt;b&gt;.txt" in page
        assert f'action="/files/{file.pk}/delete-for-good/?deleted=1&amp;page=2"' in page
        assert 'href="/files/?deleted=1&amp;page=2">Keep it' in page
        assert File.objects.exists()

    def test_deletes_the_file(self, member, ada):
        file = make_row(ada, deleted_at=timezone.now())
        response = member.post(f"/files/{file.pk}/delete-for-good/?deleted=1")
        assert_redirects(response, "/files/?deleted=1", "“notes.txt” deleted for good.")
        assert not File.objects.exists()

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_keeps_a_file_that_is_not_in_the_trash(self, member, ada, method):
        file = make_row(ada)
        response = getattr(member, method)(f"/files/{file.pk}/delete-for-good/?deleted=1")
        assert_redirects(
            response, "/files/?deleted=1", "“notes.txt” was not deleted, because it\u2019s in use."
        )
        assert File.objects.exists()

    def test_deletes_expired_files_too(self, member, ada):
        file = make_row(ada, deleted_at=days_ago(31))
        member.post(f"/files/{file.pk}/delete-for-good/")
        assert not File.objects.exists()


class TestEmptyTrash:
    def test_redirects_anonymous_to_login(self, client):
        response = client.post("/files/trash/empty/")
        assert response.headers["Location"] == "/accounts/login/?next=/files/trash/empty/"

    def test_asks_first(self, member, ada):
        make_rows(ada, 2, deleted_at=timezone.now())
        assert "All 2 deleted files will be deleted for good." in text(
            member.get("/files/trash/empty/")
        )
        assert File.objects.count() == 2

    def test_explains_an_empty_trash(self, member, ada):
        make_row(ada)
        assert "No deleted files" in text(member.get("/files/trash/empty/"))

    def test_deletes_only_own_deleted_files(self, member, ada):
        make_rows(ada, 2, deleted_at=timezone.now())
        make_row(ada, name="present.txt")
        make_row(make_user(email="eve@example.org"), name="hers", deleted_at=timezone.now())
        response = member.post("/files/trash/empty/")
        assert_redirects(response, "/files/?deleted=1", "2 files deleted for good.")
        left = File.objects.order_by("name").values_list("name", flat=True)
        assert list(left) == ["hers", "present.txt"]

    def test_second_click_shows_a_message(self, member, ada):
        make_row(ada)
        response = member.post("/files/trash/empty/")
        assert_redirects(response, "/files/?deleted=1", "The trash is already empty.")


class TestTrash:
    def test_shows_only_deleted_files(self, member, ada):
        make_row(ada, name="present.txt")
        file = make_row(ada, name="old.txt", deleted_at=timezone.now())
        page = text(member.get("/files/?deleted=1"))
        assert "old.txt" in page
        assert "present.txt" not in page
        assert f'formaction="/files/{file.pk}/restore/?deleted=1"' in page
        assert f'href="/files/{file.pk}/delete-for-good/?deleted=1"' in page
        assert f"/files/{file.pk}/download/" not in page

    @pytest.mark.parametrize(
        ("days", "left"), [(0, "30 days"), (1.5, "29 days"), (28.5, "2 days"), (29.5, "1 day")]
    )
    def test_shows_the_remaining_days(self, member, ada, days, left):
        make_row(ada, deleted_at=days_ago(days))
        assert f"<strong>{left} left</strong>" in text(member.get("/files/?deleted=1"))

    def test_hides_expired_files(self, member, ada):
        make_row(ada, deleted_at=days_ago(30))
        page = text(member.get("/files/?deleted=1"))
        assert "notes.txt" not in page
        assert "No deleted files" in page

    def test_counts_present_and_deleted_files(self, member, ada):
        make_rows(ada, 3)
        make_row(ada, deleted_at=timezone.now())
        page = text(member.get("/files/?q=nothing"))
        assert 'Files <span class="count">3</span>' in page
        assert 'Deleted <span class="count">1</span>' in page

    def test_has_no_upload(self, member):
        page = text(member.get("/files/?deleted=1"))
        assert "upload.js" not in page
        assert 'type="file"' not in page


def test_deleting_in_the_row_updates_the_count(member, ada):
    make_row(ada, name="kept.txt")
    url = f"/files/{make_row(ada).pk}/delete/"
    page = text(member.post(url, headers={"HX-Request": "true"}))
    count = '<p id="file-count" class="muted" role="status" hx-swap-oob="true">1 file</p>'
    assert count in page


def test_deleted_row_offers_undo(client):
    user = make_user()
    file = make_row(user, name="a.txt")
    client.force_login(user)
    page = client.post(f"/files/{file.pk}/delete/", headers={"HX-Request": "true"}).content
    assert b"Undo" in page
    assert b"autofocus" in page
    page = client.post(f"/files/{file.pk}/restore/", headers={"HX-Request": "true"}).content
    assert b"a.txt" in page
    assert b"Delete" in page
    file.refresh_from_db()
    assert not file.is_deleted
