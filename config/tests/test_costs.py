"""The cost of hostile input: the rows of the documented table that are not about images."""

import gc
import re
import time
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import TemporaryUploadedFile

from accounts.tests.people import make_user
from files import quota
from files.models import File, StoredObject
from files.uploads import upload
from profiles.export import Export

pytestmark = pytest.mark.django_db(transaction=True)

MB = 1_000_000
FORM = "multipart/form-data; boundary=b"
FIELD = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n'
NAMELESS = b"--b\r\n\r\n\r\n\r\n"
CROWDED = b"--b\r\ncontent-disposition: form-data" + b";" * 950 + b"\r\n\r\nx\r\n"


@pytest.fixture
def user():
    return make_user()


@pytest.fixture
def member(client, user):
    client.force_login(user)
    return client


@pytest.fixture
def costs(record_property):
    """Return a function that limits memory and processor time of a call, and returns its result."""

    def costs(act, *, memory, seconds):
        gc.collect()
        Path("/proc/self/clear_refs").write_text("5")  # measure the peak from here
        before, began = get_memory("VmRSS"), time.process_time()
        result = act()
        took, grown = time.process_time() - began, get_memory("VmHWM") - before
        record_property("cost", f"{grown / MB:.0f} MB, {took:.2f} s")
        assert grown < memory
        assert took < seconds
        return result

    return costs


def get_memory(name):
    """Return this process's resident bytes: current, or the peak."""
    found = re.search(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found[1]) * 1024


def fill(piece, size=MB - 100):
    return piece * (size // len(piece))


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(b"[" * 499_000 + b"]" * 499_000, 400, id="deep lists"),
        pytest.param(b'{"a":' * 160_000 + b"0" + b"}" * 160_000, 400, id="deep objects"),
        pytest.param(b'{"bio":' + b"[" * 800 + b"]" * 800 + b"}", 422, id="as deep as it is read"),
        pytest.param(b'{"bio":[' + b"[]," * 332_000 + b"0]}", 400, id="a wide list"),
        pytest.param(b'{"bio":[' + b"{}," * 332_000 + b"0]}", 400, id="many objects"),
        pytest.param(
            b"{" + b",".join(b'"%x":0' % n for n in range(100_000)) + b"}", 400, id="many fields"
        ),
        pytest.param(b'{"bio":' + b"9" * 990_000 + b"}", 400, id="a long number"),
        pytest.param(b'{"bio":"' + b"\\u0001" * 160_000 + b'"}', 422, id="a long text"),
    ],
)
def test_json_of_any_shape(member, costs, body, status):
    def send():
        return member.patch("/api/profile", body, content_type="application/json")

    assert costs(send, memory=40 * MB, seconds=2).status_code == status


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(fill(FIELD), 200, id="fields"),
        pytest.param(fill(NAMELESS), 413, id="parts without a name"),
        pytest.param(fill(b"--b\r\n"), 413, id="nothing but boundaries"),
        pytest.param(fill(CROWDED), 200, id="crowded headers"),
        pytest.param(b"--b\r\nx: " + b"y" * 990_000, 400, id="a long header"),
        pytest.param(b"--b\r\n" + b"a:b\r\n" * 190_000 + b"\r\n", 400, id="many headers"),
    ],
)
def test_form_with_any_parts(client, costs, body, status):
    def send():
        return client.post("/accounts/login/", body, content_type=FORM)

    assert costs(send, memory=20 * MB, seconds=6).status_code == status


@pytest.mark.parametrize("piece", [FIELD, NAMELESS, CROWDED, b"--b\r\n"])
@pytest.mark.parametrize("path", ["/files/upload/", "/api/files/upload"])
def test_rejects_an_upload_of_many_parts_early(member, costs, path, piece):
    body = fill(piece, 5 * MB)

    def send():
        return member.post(path, body, content_type=FORM)

    assert costs(send, memory=20 * MB, seconds=2).status_code == 413


@pytest.mark.parametrize(
    "end", [pytest.param(b"", id="accepted"), pytest.param(b"\0", id="rejected at its end")]
)
@pytest.mark.parametrize("piece", [b'","', b"\n", b'"' * 100, "é".encode()])
def test_csv_of_any_shape(user, costs, piece, end):
    def send():
        try:
            return upload(user, sent)
        except ValidationError:
            return None

    with TemporaryUploadedFile("a.csv", "text/csv", 0, None) as sent:
        sent.write(fill(piece, 5 * MB - 1) + end)
        sent.size = sent.tell()
        assert (costs(send, memory=20 * MB, seconds=2) is None) is bool(end)


def test_export_streams_a_large_file(user, costs):
    store_files(user, [(f"{user.pk}/large.txt", 50 * MB)])
    size = costs(lambda: export(user), memory=5 * MB, seconds=3)
    assert size > 50 * MB


def test_export_of_many_files(user, costs):
    count = quota.MAX_FILES // 5
    store_files(user, [(f"{user.pk}/{number}.txt", 1) for number in range(count)])
    size = costs(lambda: export(user), memory=30 * MB, seconds=5)
    assert size > count * 100


def store_files(user, sizes):
    rows = [StoredObject(key=key, owner=user, remove_after=None) for key, _ in sizes]
    StoredObject.objects.bulk_create(rows)
    File.objects.bulk_create(
        File(user=user, name="n" * 250, content_type="text/plain", size=size, object=row)
        for row, (_, size) in zip(rows, sizes, strict=True)
    )
    folder = Path(default_storage.location)
    (folder / str(user.pk)).mkdir(parents=True)
    for key, size in sizes:
        (folder / key).write_bytes(b"x" * size)


def export(user):
    return sum(map(len, Export.for_user(user).stream_zip()))
