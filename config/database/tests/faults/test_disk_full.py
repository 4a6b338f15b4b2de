"""A full disk, of the files or of PostgreSQL: a clear error, nothing half-written, and recovery
as soon as there is space.
"""

import json
from urllib.parse import urlencode

import psycopg
import pytest

from config.database.tests.faults.disks import SiteOnSmallDisks
from config.tests.processes import wait_until
from config.tests.site import TOKEN, new_site
from config.tests.traffic import send_request

pytestmark = pytest.mark.faults

API, PAGE = "/api/files/upload", "/files/upload/"
SMALL, LARGE = 100_000, 3_000_000  # bytes; Django keeps up to 2.5 MB in memory
START = (
    b"--limit\r\n"
    b'Content-Disposition: form-data; name="file"; filename="notes.txt"\r\n'
    b"Content-Type: text/plain\r\n\r\n"
)
MULTIPART = {"Content-Type": "multipart/form-data; boundary=limit"}
FORM = {
    "Cookie": f"csrftoken={TOKEN}",
    "X-CSRFToken": TOKEN,
    "Content-Type": "application/x-www-form-urlencoded",
}


@pytest.fixture(scope="module")
def site():
    with new_site(SiteOnSmallDisks) as site:
        yield site


@pytest.fixture(scope="module")
def user(site):
    """Create a user whose earlier upload used a temporary file."""
    user = site.create_people(1)[0]
    assert upload(site, user, LARGE).status == 201
    return user


@pytest.fixture(autouse=True)
def _site_recovers(site, user):
    yield
    assert upload(site, user, LARGE).status == 201
    assert site.list_files("files") == list_keys(site)
    wait_for_cleanup(site)


def upload(site, user, size, path=API):
    body = START + b"x" * size + b"\r\n--limit--\r\n"
    return send_request(site.port, "POST", path, user.headers | MULTIPART, body)


def sign_up(site, email):
    form = {"email": email, "password1": "a long enough one", "csrfmiddlewaretoken": TOKEN}
    return send_request(site.port, "POST", "/accounts/signup/", FORM, urlencode(form))


def wait_for_cleanup(site, *others):
    """Wait until temporary files are removed, which happens after the response."""
    wait_until(
        lambda: site.list_files("temporary") == set(others), 30, "the temporary files are gone"
    )


def list_keys(site):
    with site.superuser() as connection:
        return {key for (key,) in connection.execute("SELECT key FROM files_storedobject")}


def is_rejected(answer, code):
    """Return whether the API rejects the request with that reason and Retry-After."""
    body = json.loads(answer.body)
    return (answer.status, body.get("code"), answer.retry_after) == (503, code, "5")


def test_full_disk_for_files(site, user):
    before = list_keys(site)
    with site.fill("files"):
        for size in (SMALL, LARGE):
            assert is_rejected(upload(site, user, size), "unavailable:storage")
            page = upload(site, user, size, PAGE)
            assert page.status == 503
            assert b"notes.txt: The file was not saved. Try again later." in page.body
        assert site.list_files("files") == {*before, "filler"}
        wait_for_cleanup(site)
        assert list_keys(site) == before
        assert site.status("/files/", user.headers) == 200


def test_full_disk_for_temporary_files(site, user):
    before = list_keys(site)
    with site.fill("temporary"):
        assert is_rejected(upload(site, user, LARGE), "unavailable:storage")
        page = upload(site, user, LARGE, PAGE)
        assert page.status == 503
        assert b"be saved right now" in page.body
        wait_for_cleanup(site, "filler")
        assert list_keys(site) == before
        assert upload(site, user, SMALL).status == 201


def test_full_disk_for_mail(site):
    with site.fill("mail"):
        assert sign_up(site, "ada@example.org").status == 302
        wait_until(lambda: "No space left on device" in site.log("mail"), 30, "it is tried")
    before = site.list_files("mail")
    wait_until(lambda: len(site.list_files("mail") - before) == 1, 30, "the mail comes by itself")


def test_full_disk_for_rows(site, user):
    with site.fill("tables"):
        refused = wait_until(lambda: fail_to_upload(site, user), 30, "the last pages are full")
        assert is_rejected(refused, "unavailable:database")
        assert upload(site, user, 1, PAGE).status == 503
        assert site.list_files("files") == list_keys(site)
        assert site.status("/api/profile", user.headers) == 200
        assert site.status("/files/", user.headers) == 200
    assert " 53100 ERROR:  could not extend file" in site.log("postgres")


def fail_to_upload(site, user):
    answer = upload(site, user, 1)
    return None if answer.status == 201 else answer


def test_full_disk_for_the_wal(site, user):
    before = list_keys(site)
    with site.fill("wal"):
        wait_until(lambda: not switch_wal(site), 10, "PostgreSQL gives up")
        assert is_rejected(upload(site, user, SMALL), "unavailable:database")
        assert site.status("/files/", user.headers) == 503
        assert site.status("/healthz") == site.status("/accounts/login/") == 200
    site.wait_until_ready()
    assert list_keys(site) == before == site.list_files("files")


def switch_wal(site):
    """Begin a new WAL file; return whether that worked."""
    try:
        with site.superuser() as connection:
            connection.execute("SELECT pg_switch_wal()")
            connection.execute("SELECT pg_current_xact_id()")
    except psycopg.OperationalError:
        return False
    return True
