"""The admin of files and objects."""

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from accounts.tests.people import make_user
from files.models import File
from files.tests.consistency import assert_consistent, stored_keys
from files.tests.content import make_image, upload_file
from files.tests.rows import make_row, make_rows

pytestmark = pytest.mark.django_db(transaction=True)

FILES, OBJECTS = "/admin/files/file/", "/admin/files/storedobject/"


def test_lists_files_with_readable_sizes(admin):
    make_row(make_user(), name="a.txt", size=1_234_567)
    page = admin.get(FILES).content.decode()
    assert "a.txt" in page
    assert "1.2 MB" in page
    assert "ada@example.org" in page


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?q=plan", {"plan.txt"}),
        ("?q=ada@", {"plan.txt", "a.png"}),
        ("?content_type=image/png", {"a.png"}),
        ("?deleted_at__isempty=0", {"a.png"}),
        ("?deleted_at__isempty=1", {"plan.txt"}),
    ],
)
def test_searches_and_filters_files(admin, query, expected):
    user = make_user()
    make_row(user, name="plan.txt")
    make_row(user, name="a.png", image=True, deleted_at=timezone.now())
    page = admin.get(FILES + query).content.decode()
    assert {name for name in ("plan.txt", "a.png") if f">{name}<" in page} == expected


@pytest.mark.parametrize("path", [FILES, OBJECTS])
def test_statements_do_not_grow_with_rows(admin, path, django_assert_max_num_queries):
    make_rows(make_user(), 2)
    make_rows(make_user(email="bob@example.org"), 30)
    with django_assert_max_num_queries(6):
        assert admin.get(path).status_code == 200


@pytest.mark.parametrize("path", [FILES, OBJECTS])
def test_rows_cannot_be_added(admin, path):
    assert admin.get(f"{path}add/").status_code == 403


@pytest.mark.parametrize("path", [FILES, OBJECTS])
def test_rows_cannot_be_changed(admin, path):
    file = make_row(make_user())
    key = file.pk if path == FILES else file.object_id.replace("/", "_2F")
    assert admin.get(f"{path}{key}/change/").status_code == 200
    assert admin.post(f"{path}{key}/change/", {"name": "b.txt"}).status_code == 403
    assert File.objects.get().name == "notes.txt"


def test_deletes_a_file_for_good(admin):
    file = upload_file(make_user(), content=make_image())
    assert admin.post(f"{FILES}{file.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not File.objects.exists()
    assert stored_keys() == []
    assert_consistent()


def test_delete_action_deletes_files_for_good(admin):
    user = make_user()
    chosen, stays = [upload_file(user), upload_file(user)], upload_file(user)
    data = {"action": "delete_selected", "_selected_action": [file.pk for file in chosen]}
    assert admin.post(FILES, data | {"post": "yes"}).status_code == 302
    assert File.objects.get() == stays
    assert_consistent()


def test_used_objects_cannot_be_deleted(admin):
    file = make_row(make_user())
    key = file.object_id.replace("/", "_2F")
    assert admin.post(f"{OBJECTS}{key}/delete/", {"post": "yes"}).status_code == 403


def test_deleting_a_user_deletes_the_files(admin):
    user = make_user()
    make_row(user)
    assert admin.post(f"/admin/accounts/user/{user.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not File.objects.exists()


def test_history_omits_names_of_deleted_files(admin):
    user = make_user()
    admin.post(f"{FILES}{upload_file(user).pk}/delete/", {"post": "yes"})
    chosen = [upload_file(user).pk, upload_file(user).pk]
    data = {"action": "delete_selected", "_selected_action": chosen, "post": "yes"}
    admin.post(FILES, data)
    names = LogEntry.objects.values_list("object_repr", flat=True)
    assert list(names) == ["one of the files"] * 3
