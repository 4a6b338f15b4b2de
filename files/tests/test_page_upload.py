"""Upload with the form, as browsers without JavaScript do."""

import re

import pytest
from django.test import Client

from files import forms
from files.models import File, StoredObject
from files.objects import StorageError
from files.tests.content import PDF, make_image, make_upload

pytestmark = pytest.mark.django_db
PROGRAM = b"MZ\x90\x00\x03\x00"


def list_errors(response, status=422):
    """Return the errors at the field."""
    assert response.status_code == status
    page = response.content.decode()
    listed = re.search(r'<ul class="errorlist" id="id_file_error">(.*?)</ul>', page)
    return re.findall("<li>(.*?)</li>", listed[1])


def list_uploaded():
    return set(File.objects.values_list("name", flat=True))


def test_uploads_a_file_with_a_message(member, ada):
    response = member.post("/files/upload/", {"file": make_upload("sea.png", make_image())})
    assert response.status_code == 302
    assert response.headers["Location"] == "/files/"
    assert "“sea.png” uploaded." in member.get("/files/").content.decode()
    assert ada.files.get().thumbnail is not None


def test_uploads_several_files_and_keeps_the_query(member):
    files = [
        make_upload("sea.png", make_image()),
        make_upload("tax.pdf", PDF),
        make_upload("notes.txt"),
    ]
    response = member.post("/files/upload/?q=a&sort=name", {"file": files})
    assert response.headers["Location"] == "/files/?q=a&sort=name"
    assert "3 files uploaded." in member.get("/files/").content.decode()
    assert list_uploaded() == {"sea.png", "tax.pdf", "notes.txt"}


def test_invalid_file_is_an_error_and_the_others_are_stored(member):
    files = [
        make_upload("sea.png", make_image()),
        make_upload("tool.exe", PROGRAM),
        make_upload("notes.txt"),
    ]
    response = member.post("/files/upload/?sort=name", {"file": files})
    (error,) = list_errors(response)
    assert error.startswith("tool.exe: This file type isn&#x27;t supported")
    page = response.content.decode()
    assert "2 files uploaded." in page
    assert re.findall(r"<bdi>([^<]+)</bdi>", page)[-2:] == ["notes.txt", "sea.png"]
    assert '<option value="name" selected>' in page


def test_every_invalid_file_has_its_error(member, settings):
    settings.FILE_MAX_SIZE = 1_000_000
    files = [
        make_upload("empty.txt", b""),
        make_upload("long.txt", b"x" * 1_000_001),
        make_upload("<b>.exe", PROGRAM),
    ]
    empty, long, program = list_errors(member.post("/files/upload/", {"file": files}))
    assert empty == "empty.txt: This file is empty."
    assert long == "long.txt: This file is larger than 1 MB."
    assert program.startswith("&lt;b&gt;.exe: This file type isn&#x27;t supported")
    assert not StoredObject.objects.exists()


def test_error_and_form_show_the_same_size(member, settings):
    settings.FILE_MAX_SIZE = 1_500_000
    files = {"file": make_upload("long.txt", b"x" * 1_500_001)}
    assert list_errors(member.post("/files/upload/", files)) == [
        "long.txt: This file is larger than 1.5 MB."
    ]


def test_rejects_files_beyond_the_quota(member, settings):
    settings.FILE_QUOTA = 10
    files = [make_upload("one.txt"), make_upload("two.txt")]
    (error,) = list_errors(member.post("/files/upload/", {"file": files}))
    assert error.startswith("two.txt: There isn&#x27;t enough space")
    assert list_uploaded() == {"one.txt"}


@pytest.mark.parametrize("data", [{}, {"file": ""}, {"file": "a.txt"}, {"other": "x"}])
def test_requires_a_file(member, data):
    assert list_errors(member.post("/files/upload/", data)) == ["Choose at least one file."]


def test_accepts_10_files_at_once(member):
    member.post("/files/upload/", {"file": [make_upload(f"{number}.txt") for number in range(10)]})
    assert File.objects.count() == 10


def test_rejects_11_files_at_once(member):
    files = [make_upload(f"{number}.txt") for number in range(11)]
    (error,) = list_errors(member.post("/files/upload/", {"file": files}))
    assert error == "You can upload at most 10 files at once. Nothing was uploaded."
    assert not File.objects.exists()


def test_storage_error_affects_only_its_file(member, monkeypatch):
    def upload(user, sent):
        if sent.name == "lost.txt":
            raise StorageError
        return real(user, sent)

    real = forms.upload
    monkeypatch.setattr(forms, "upload", upload)
    files = [make_upload("lost.txt"), make_upload("kept.txt")]
    (error,) = list_errors(member.post("/files/upload/", {"file": files}), 503)
    assert error == "lost.txt: The file was not saved. Try again later."
    assert list_uploaded() == {"kept.txt"}


def test_redirects_anonymous_to_login(client):
    response = client.post("/files/upload/", {"file": make_upload()})
    assert response.headers["Location"] == "/accounts/login/?next=/files/upload/"
    assert not File.objects.exists()


def test_get_redirects_to_the_list(member):
    response = member.get("/files/upload/?sort=name")
    assert response.headers["Location"] == "/files/?sort=name"


def test_needs_the_csrf_token(ada):
    client = Client(enforce_csrf_checks=True)
    client.force_login(ada)
    assert client.post("/files/upload/", {"file": make_upload()}).status_code == 403


def test_form_lists_the_allowed_types(member, settings):
    settings.FILE_TYPES = ["txt", "webp"]
    settings.FILE_MAX_SIZE = 2_000_000
    page = member.get("/files/").content.decode()
    assert 'accept=".webp,.txt,.text"' in page
    assert "WebP, plain text; each up to 2 MB, 10 at once." in page
    assert 'data-max-size="2000000"' in page
    assert 'data-api="/api/files/upload"' in page
