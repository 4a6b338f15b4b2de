"""Responses with stored files and their headers."""

import pytest
from django.core.files.storage import default_storage
from django.test import RequestFactory

from files import downloads
from files.objects import NOT_READ, StorageError
from files.storage import Folder
from files.tests.content import PDF, make_image, upload_file


def inline(key, **headers):
    return downloads.serve_webp(RequestFactory().get("/", headers=headers), key)


pytestmark = pytest.mark.django_db(transaction=True)


def download(client, file):
    response = client.get(f"/files/{file.pk}/download/")
    return response, b"".join(
        response.streaming_content
    ) if response.streaming else response.content


@pytest.mark.parametrize(
    ("name", "content", "content_type"),
    [
        ("a.txt", b"hello", "text/plain; charset=utf-8"),
        ("a.csv", b"a,b", "text/csv; charset=utf-8"),
        ("a.md", b"# a", "text/markdown; charset=utf-8"),
        ("a.pdf", PDF, "application/pdf"),
        ("a.png", make_image(), "image/png"),
    ],
)
def test_file_is_an_attachment_with_safe_headers(client, user, name, content, content_type):
    response, body = download(client, upload_file(user, name, content))
    assert body == content
    assert response.headers["Content-Type"] == content_type
    assert response.headers["Content-Length"] == str(len(content))
    assert response.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response.headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize(
    ("name", "disposition"),
    [
        ('a"b\\c.txt', 'attachment; filename="c.txt"'),
        ('a"b.txt', 'attachment; filename="a\\"b.txt"'),
        ("Grüße.txt", "attachment; filename*=utf-8''Gr%C3%BC%C3%9Fe.txt"),
        ("a\r\nX: y.txt", 'attachment; filename="a X: y.txt"'),
    ],
)
def test_encodes_the_name(client, user, name, disposition):
    response, _ = download(client, upload_file(user, name))
    assert response.headers["Content-Disposition"] == disposition


def test_missing_object_is_404_and_logged(client, user, caplog):
    file = upload_file(user)
    default_storage.delete(file.object_id)
    assert download(client, file)[0].status_code == 404
    assert f"{file.object_id} is missing in storage" in caplog.text


@pytest.mark.parametrize(
    "read", [downloads.serve_attachment, lambda file: inline(file.thumbnail_id)]
)
def test_unreadable_storage_raises_storage_error(user, monkeypatch, caplog, read):
    def fail(*args):
        raise PermissionError("not yours")

    file = upload_file(user, content=make_image())
    monkeypatch.setattr(Folder, "_open", fail)
    with pytest.raises(StorageError) as caught:
        read(file)
    assert str(caught.value) == NOT_READ
    assert "not yours" in caplog.text


def test_preview_is_cached_privately(store, client, user):
    response = client.get(f"/files/{upload_file(user, content=make_image()).pk}/preview/")
    assert response.status_code == 200
    assert response.content[8:12] == b"WEBP"
    assert response.headers["Content-Type"] == "image/webp"
    assert response.headers["Cache-Control"] == "private, no-cache"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "Content-Disposition" not in response.headers


def test_cached_preview_is_revalidated_without_storage(client, user, monkeypatch):
    path = f"/files/{upload_file(user, content=make_image()).pk}/preview/"
    etag = client.get(path).headers["ETag"]
    monkeypatch.setattr(downloads, "_open_or_404", None)
    assert client.get(path, headers={"If-None-Match": etag}).status_code == 304
    client.logout()
    assert client.get(path, headers={"If-None-Match": etag}).status_code == 302


def test_missing_preview_is_404(client, user):
    file = upload_file(user, content=make_image())
    default_storage.delete(file.thumbnail_id)
    assert client.get(f"/files/{file.pk}/preview/").status_code == 404
