"""Receiving uploads, also on a full disk."""

import errno
import io
import os

import pytest
from django.http import UnreadablePostError
from django.test import RequestFactory

from files.objects import StorageError
from files.tests.content import make_upload
from files.upload_handler import UNFINISHED, UnnamedTemporaryFile, close_unfinished_upload

LARGE = b"x" * 3_000_000


@pytest.fixture(autouse=True)
def temporary(tmp_path, settings):
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path
    return tmp_path


@pytest.fixture
def full_disk(monkeypatch):
    """The disk is full after the first chunk of a file."""

    def write(self, data):
        if self.file.tell():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return self.file.write(data)

    monkeypatch.setattr(UnnamedTemporaryFile, "write", write, raising=False)


def make_request(*names):
    files = [make_upload(name, LARGE) for name in names]
    return RequestFactory().post("/", {"file": files, "word": "hello"})


def test_large_file_is_an_unnamed_temporary_file(temporary):
    request = make_request("a.txt")
    assert request.FILES["file"].read() == LARGE
    assert list(temporary.iterdir()) == []
    request.close()
    assert request.FILES["file"].closed


def test_interrupted_upload_is_closed_with_its_request():
    request, seen = make_request("a.txt"), []
    body = request._stream.read()

    def view(request):
        with pytest.raises(UnreadablePostError):
            read_half(request, body)
        seen.append(request.META[UNFINISHED])

    close_unfinished_upload(view)(request)
    assert seen[0].closed


def read_half(request, body):
    """Read a request whose client disconnects halfway."""
    request._stream = HalfBody(body[:1_000_000])
    request.POST  # noqa: B018  reading it reads the request


class HalfBody:
    def __init__(self, data):
        self.rest = io.BytesIO(data)

    def read(self, *size):
        if data := self.rest.read(*size):
            return data
        raise ConnectionResetError


@pytest.mark.usefixtures("full_disk")
def test_full_disk_rejects_all_files_and_leaves_nothing(temporary, caplog):
    with pytest.raises(StorageError, match="was not saved"):
        make_request("a.txt", "b.txt").FILES  # noqa: B018  reading it reads the request
    assert list(temporary.iterdir()) == []
    assert "temporary file of an upload: [Errno 28] No space left" in caplog.text


@pytest.mark.usefixtures("full_disk")
def test_full_disk_reads_the_request_to_its_end():
    request = make_request("a.txt")
    with pytest.raises(StorageError):
        request.POST  # noqa: B018  reading it reads the request
    assert request._stream.read() == b""


def test_missing_folder_is_a_storage_error(settings, temporary):
    settings.FILE_UPLOAD_TEMP_DIR = temporary / "gone"
    with pytest.raises(StorageError):
        make_request("a.txt").FILES  # noqa: B018  reading it reads the request


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("R&D &amp; &lt;b&gt;.txt", "R&D &amp; &lt;b&gt;.txt"),
        ("at 1.23\u202fPM.txt", "at 1.23\u202fPM.txt"),
        ("会議\u3000記録.txt", "会議\u3000記録.txt"),
        ("👩\u200d🚀.txt", "👩\u200d🚀.txt"),
        ("say %22yes%22, it's 100%.txt", 'say "yes", it\'s 100%.txt'),
        ("..\\\\etc/pass\0wd\u202e.txt", "pass wd.txt"),
    ],
)
@pytest.mark.parametrize("content", [b"x", LARGE])
def test_keeps_the_name_as_sent(name, expected, content):
    body = (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="%s"\r\n'
        b"Content-Type: text/plain\r\n\r\n%s\r\n--b--\r\n" % (name.encode(), content)
    )
    request = RequestFactory().generic("POST", "/", body, "multipart/form-data; boundary=b")
    assert request.FILES["file"].name == expected
    assert request.FILES["file"].read() == content
    request.close()
