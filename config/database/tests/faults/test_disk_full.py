"""A disk without room, of the files or of PostgreSQL: said clearly, nothing half written, and over
as soon as there is room."""

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
def person(site):
    """Somebody with a file that has been on its way through a temporary one."""
    person = site.create_people(1)[0]
    assert upload(site, person, LARGE).status == 201
    return person


@pytest.fixture(autouse=True)
def _everything_is_in_order_afterwards(site, person):
    yield
    assert upload(site, person, LARGE).status == 201
    assert site.list_files("files") == keys(site)
    nothing_is_left_of_uploads(site)


def upload(site, person, size, path=API):
    body = START + b"x" * size + b"\r\n--limit--\r\n"
    return send_request(site.port, "POST", path, person.headers | MULTIPART, body)


def sign_up(site, email):
    form = {"email": email, "password1": "a long enough one", "csrfmiddlewaretoken": TOKEN}
    return send_request(site.port, "POST", "/accounts/signup/", FORM, urlencode(form))


def nothing_is_left_of_uploads(site, *others):
    """A temporary file goes when the request is closed, which is after its answer was sent."""
    wait_until(
        lambda: site.list_files("temporary") == set(others), 5, "the temporary files are gone"
    )


def keys(site):
    """The objects that there should be, by their rows."""
    with site.superuser() as connection:
        return {key for (key,) in connection.execute("SELECT key FROM files_storedobject")}


def is_refused(answer, code):
    """Whether the API refuses for that reason, and says when to come again."""
    said = json.loads(answer.body)
    return (answer.status, said.get("code"), answer.retry_after) == (503, code, "5")


def test_no_room_for_files(site, person):
    before = keys(site)
    with site.fill("files"):
        for size in (SMALL, LARGE):
            assert is_refused(upload(site, person, size), "unavailable:storage")
            page = upload(site, person, size, PAGE)
            assert page.status == 503
            assert b"notes.txt: The file was not saved. Try again later." in page.body
        assert site.list_files("files") == {*before, "filler"}
        nothing_is_left_of_uploads(site)
        assert keys(site) == before
        assert site.status("/files/", person.headers) == 200


def test_no_room_for_a_file_on_its_way(site, person):
    before = keys(site)
    with site.fill("temporary"):
        assert is_refused(upload(site, person, LARGE), "unavailable:storage")
        page = upload(site, person, LARGE, PAGE)
        assert page.status == 503
        assert b"be saved right now" in page.body
        nothing_is_left_of_uploads(site, "filler")
        assert keys(site) == before
        assert upload(site, person, SMALL).status == 201


def test_no_room_for_mail(site):
    with site.fill("mail"):
        assert sign_up(site, "ada@example.org").status == 302
        wait_until(lambda: "No space left on device" in site.log("mail"), 10, "it is tried")
    before = site.list_files("mail")
    wait_until(lambda: len(site.list_files("mail") - before) == 1, 30, "the mail comes by itself")


def test_no_room_for_rows(site, person):
    with site.fill("tables"):
        refused = wait_until(lambda: not_kept(site, person), 30, "the last pages are full")
        assert is_refused(refused, "unavailable:database")
        assert upload(site, person, 1, PAGE).status == 503
        assert site.list_files("files") == keys(site)
        assert site.status("/api/profile", person.headers) == 200
        assert site.status("/files/", person.headers) == 200
    assert " 53100 ERROR:  could not extend file" in site.log("postgres")


def not_kept(site, person):
    answer = upload(site, person, 1)
    return None if answer.status == 201 else answer


def test_no_room_for_the_log_of_changes(site, person):
    before = keys(site)
    with site.fill("wal"):
        wait_until(lambda: not write_ahead(site), 10, "PostgreSQL gives up")
        assert is_refused(upload(site, person, SMALL), "unavailable:database")
        assert site.status("/files/", person.headers) == 503
        assert site.status("/healthz") == site.status("/accounts/login/") == 200
    site.wait_until_ready()
    assert keys(site) == before == site.list_files("files")


def write_ahead(site):
    """Begin a new file of the log of changes; whether there is room."""
    try:
        with site.superuser() as connection:
            connection.execute("SELECT pg_switch_wal()")
            connection.execute("SELECT pg_current_xact_id()")
    except psycopg.OperationalError:
        return False
    return True
