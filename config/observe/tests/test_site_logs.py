"""The logs of a real site: no secrets, and one id for a request everywhere."""

import http.client
import json
import re
from contextlib import closing

import pytest

from accounts.tests.people import PASSWORD
from config.proxy.runtime import count_unserved
from config.tests.processes import wait_until
from config.tests.visitor import Visitor

pytestmark = pytest.mark.own_site

ADDRESS = "ada.s3cr3t@example.org"
QUERY = "s3cr3t-query"
ID = "X-Request-ID"
LINES = ("public", "web-0", "web-1", "mail")


@pytest.fixture(scope="module")
def secrets(site):
    """Let Ada sign up and reset her password; return what nobody may read in a log."""
    visitor = Visitor(f"http://127.0.0.1:{site.port}")
    visitor.open(f"/accounts/signup/?token={QUERY}")
    assert visitor.token
    signed_up = visitor.post("/accounts/signup/", {"email": ADDRESS, "password1": PASSWORD})
    assert signed_up.status_code == 302, signed_up.text
    code = find_in_mail(site, r"^ +([A-Z]{4}-[A-Z]{4})$")
    visitor.open("/accounts/confirm-email/")
    visitor.post("/accounts/confirm-email/", {"code": code})
    session = visitor.cookies["sessionid"]
    for path in (f"/{QUERY}?next={QUERY}", f"/?q={QUERY}", f"/api/nothing?key={QUERY}"):
        visitor.get(path)
    other = Visitor(visitor.site)
    other.open("/accounts/login/")
    other.post("/accounts/login/", {"login": ADDRESS, "password": f"{PASSWORD}-not"})
    other.post("/accounts/password/reset/", {"email": ADDRESS})
    link = find_in_mail(site, r"^http://[^/]+(/accounts/password/reset/key/\S+)$")
    other.get(link)
    # PostgreSQL and the site log a statement that fails.
    with site.superuser() as connection, connection.transaction():
        connection.execute("LOCK accounts_session")
        assert visitor.get("/api/profile").status_code == 503
    return [ADDRESS, PASSWORD, code, session, visitor.token, link.rstrip("/").rpartition("/")[2]]


def find_in_mail(site, pattern):
    def find():
        mails = sorted((site.folder / "var/mail").glob("*.eml"))
        found = (re.search(pattern, mail.read_text(), re.MULTILINE) for mail in reversed(mails))
        return next(filter(None, found), None)

    return wait_until(find, 30, f"a mail has {pattern}")[1]


def test_no_log_has_a_secret(site, secrets):
    logs = {path.name: path.read_text(errors="replace") for path in site.folder.glob("var/log/*")}
    assert {"access.log", "haproxy.log", "postgres.log", "web-0.log"} <= logs.keys()
    found = [(name, secret) for secret in secrets for name, text in logs.items() if secret in text]
    assert found == []
    # An unknown path is in one line, to find the broken link; its query is in none.
    assert not [name for name, text in logs.items() if f"={QUERY}" in text]


def test_the_secrets_were_used(site, secrets):
    entries = [json.loads(line) for line in site.log("access").splitlines()]
    routes = {entry["route"] for entry in entries}
    assert {"accounts/signup/", "accounts/password/reset/", "-"} <= routes
    assert any("password/reset/key" in route for route in routes)
    refused = [entry for entry in entries if entry["status"] == 503]
    assert {entry["reason"] for entry in refused} == {"statement_timeout"}
    assert "statement timeout" in site.log("postgres")


def test_every_line_of_the_python_processes_is_json(site, secrets):
    for name in LINES:
        for line in site.log(name).splitlines():
            assert {"time", "level", "logger", "request_id"} <= json.loads(line).keys()
    loggers = {json.loads(line)["logger"] for line in site.log("web-0").splitlines()}
    assert "gunicorn.error" in loggers


def test_the_security_log_tells_of_sign_up_and_failed_sign_in(site, secrets):
    lines = [json.loads(line) for name in LINES for line in site.log(name).splitlines()]
    events = {line["message"].partition(":")[0] for line in lines if line["logger"] == "security"}
    assert {"sign-up", "sign-in", "failed sign-in"} <= events


def test_one_id_is_in_the_response_and_in_every_log(site):
    with closing(http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)) as connection:
        connection.request("GET", "/nothing-here", headers={ID: "forged"})
        response = connection.getresponse()
        number, page = response.headers[ID], response.read().decode()
    assert number != "forged"
    assert f"<code>{number}</code>" in page
    assert number in site.log("access")
    assert any(number in site.log(name) for name in LINES)


def test_haproxy_counts_what_it_refused_and_logs_its_id(site):
    before = count_unserved(site.run_dir)
    site.supervisor("stop", "web:*")
    try:
        with closing(http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)) as connection:
            connection.request("GET", "/api/tour")
            response = connection.getresponse()
            number, body = response.headers[ID], json.loads(response.read())
    finally:
        site.supervisor("start", "web:*")
        site.wait_until_ready()
    assert (response.status, body["requestId"]) == (503, number)
    assert count_unserved(site.run_dir) > before
    wait_until(lambda: f"id={number}" in site.log("haproxy"), 30, "HAProxy logs the refusal")
