"""deploy/up and deploy/down as a newcomer uses them, in a private directory."""

import http.client
import os
import re
import signal
import socket
import subprocess
import tempfile
import urllib.parse
from contextlib import closing, contextmanager
from http.cookies import SimpleCookie
from itertools import takewhile
from pathlib import Path
from subprocess import PIPE

import pytest

from config.tests.processes import ROOT, free_port, get_status, wait_until

pytestmark = pytest.mark.own_site

CODE = re.compile(r"^ +([A-Z]{4}-[A-Z]{4})$", re.MULTILINE)


class Scripts:
    """The scripts, with only the environment that a test sets."""

    def __init__(self, folder, **environment):
        self.folder = folder
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "VAR_DIR": str(folder / "var"),
            "ENV_FILE": str(folder / ".env"),
            **environment,
        }

    def run(self, *command, **environment):
        return subprocess.run(
            command,
            cwd=ROOT,
            env=self.environment | environment,
            capture_output=True,
            text=True,
            timeout=120,
        )

    def start(self, *command):
        return subprocess.Popen(
            command,
            cwd=ROOT,
            env=self.environment,
            stdout=PIPE,
            stderr=PIPE,
            text=True,
            start_new_session=True,
        )

    def up(self, **environment):
        return self.run("deploy/up", "-d", **environment)

    def down(self):
        return self.run("deploy/down")

    def status(self, path):
        return get_status(int(self.environment["PORT"]), path)

    @property
    def run_dir(self):
        return Path(self.environment["VAR_DIR"]) / "run"

    def has_pgbouncer(self):
        return (self.run_dir / ".s.PGSQL.6432").exists()


@contextmanager
def new_scripts(**environment):
    """Use a directory with blanks whose socket paths are short enough."""
    with tempfile.TemporaryDirectory(prefix="a script ", dir="/tmp") as folder:
        scripts = Scripts(Path(folder), PORT=str(free_port()), **environment)
        yield scripts
        scripts.down()


@pytest.fixture
def scripts():
    with new_scripts() as scripts:
        yield scripts


@pytest.fixture(scope="module")
def started():
    """Start a site by two concurrent scripts; their output is in `outputs`.

    Its environment file has no final newline, and a variable of libpq points elsewhere.
    """
    with new_scripts(PGPORT="5999") as scripts:
        (scripts.folder / ".env").write_text("LOG_LEVEL=WARNING")
        both = [scripts.start("deploy/up", "-d") for _ in range(2)]
        outputs = [process.communicate(timeout=120) for process in both]
        scripts.outputs = {
            process.returncode: text for process, text in zip(both, outputs, strict=True)
        }
        scripts.proxy_log = (scripts.folder / "var/log/haproxy.log").read_text()
        yield scripts


@pytest.fixture(scope="module")
def stopped():
    """Start and stop a site without PgBouncer, whose path is too long for sockets."""
    with new_scripts() as scripts:
        scripts.environment["VAR_DIR"] = str(scripts.folder / ("deep/" * 20) / "var")
        scripts.first = scripts.up(DATABASE_POOLING="direct")
        scripts.was_ready = scripts.status("/readyz") == 200
        scripts.had_pgbouncer = scripts.has_pgbouncer()
        scripts.last = scripts.down()
        yield scripts


class Browser:
    """A browser without JavaScript."""

    def __init__(self, port):
        self.port, self.cookies, self.page = port, SimpleCookie(), ""

    def send(self, method, path, data=None):
        cookies = "; ".join(f"{c.key}={c.value}" for c in self.cookies.values())
        body = urllib.parse.urlencode(data) if data else None
        kind = {"Content-Type": "application/x-www-form-urlencoded"} if data else {}
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            connection.request(method, path, body, {"Cookie": cookies, **kind})
            answer = connection.getresponse()
            for cookie in answer.headers.get_all("Set-Cookie", []):
                self.cookies.load(cookie)
            self.page = answer.read().decode()
        if answer.status in (301, 302, 303):
            return self.send("GET", answer.headers["Location"])
        return answer.status

    def fill(self, path, **data):
        assert self.send("GET", path) == 200
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.page)[1]
        return self.send("POST", path, {"csrfmiddlewaretoken": token, **data})


def get_code(scripts):
    def list_codes():
        mails = (scripts.folder / "var/mail").glob("*.eml")
        return [found[1] for mail in mails if (found := CODE.search(mail.read_text()))]

    (code,) = wait_until(list_codes, 30, "mail with a code")
    return code


def test_newcomer_signs_up_sees_the_experts_and_signs_out(started):
    browser = Browser(int(started.environment["PORT"]))
    browser.fill("/accounts/signup/", email="ada@example.com", password1="correct horse battery")
    assert browser.fill("/accounts/confirm-email/", code=get_code(started)) == 200
    for step, answer in {"name": "Ada Lovelace", "traits": "concise", "experts": "1"}.items():
        assert browser.fill(f"/onboarding/{step}/", **{step: answer}) == 200
    assert browser.page.count('class="card expert"') == 5
    assert browser.fill("/accounts/logout/") == 200
    assert browser.send("GET", "/account/") == 200
    assert "/accounts/login/" in browser.page


def test_administrator_signs_in_and_changes_the_printed_password(started):
    printed, _ = started.outputs[0]
    email, password = re.search(r"administrator: (\S+), password: (\S+)", printed).groups()
    browser = Browser(int(started.environment["PORT"]))
    browser.fill("/accounts/login/?next=/admin/", login=email, password=password)
    assert "Choose your own password first." in browser.page
    own = {"password1": "nine-blue-submarines", "password2": "nine-blue-submarines"}
    browser.fill("/accounts/password/change/", oldpassword=password, **own)
    assert browser.send("GET", "/admin/") == 200
    assert "Experts" in browser.page


def test_one_of_two_concurrent_scripts_starts_the_site(started):
    assert sorted(started.outputs) == [0, 1]
    assert "another deploy/up is just starting the site" in started.outputs[1][1]
    assert started.status("/readyz") == 200


def test_a_start_refuses_no_request(started):
    assert " 503 " not in started.proxy_log


def test_up_reports_a_running_site(started):
    again = started.up()
    assert (again.returncode, again.stdout.count("\n")) == (0, 1)
    assert again.stdout.startswith("Already running at http://127.0.0.1:")


def test_generates_private_secrets(started):
    environment = started.folder / ".env"
    assert environment.stat().st_mode & 0o777 == 0o600
    assert len(re.search(r"^SECRET_KEY=(.+)$", environment.read_text(), re.MULTILINE)[1]) >= 50
    written = started.folder / "var/pgbouncer"
    assert {path.stat().st_mode & 0o777 for path in written.iterdir()} == {0o600}


def test_keeps_an_environment_file_without_a_final_newline(started):
    text = (started.folder / ".env").read_text()
    assert text.startswith("LOG_LEVEL=WARNING\nSECRET_KEY=")


def test_runs_without_pgbouncer(stopped):
    assert stopped.first.returncode == 0, stopped.first.stdout + stopped.first.stderr
    assert "password" in stopped.first.stdout
    assert stopped.was_ready
    assert not stopped.had_pgbouncer


def test_down_stops_everything_and_removes_the_socket_directory(stopped):
    assert stopped.last.stdout == "Stopped.\n"
    assert stopped.status("/healthz") == 0
    assert stopped.run_dir.is_symlink()
    assert not stopped.run_dir.exists()


def test_names_pools_that_exceed_the_server_before_serving(stopped):
    result = stopped.up(POOL_WEB_MAX="60")
    assert result.returncode == 1
    assert "pool.E102" in result.stderr
    assert stopped.status("/healthz") == 0


def test_restarts_with_its_data_until_interrupted(stopped):
    with stopped.start("deploy/up") as up:
        output = "".join(takewhile(lambda line: not line.startswith("Ctrl-C"), up.stdout))
        assert "password" not in output
        assert stopped.status("/readyz") == 200
        assert stopped.has_pgbouncer()
        os.killpg(up.pid, signal.SIGINT)
        assert up.wait(60) == 130
    assert stopped.status("/healthz") == 0
    assert not stopped.run_dir.exists()
    assert not (stopped.run_dir.parent / "postgres/postmaster.pid").exists()


def test_down_reports_a_missing_site(scripts):
    assert scripts.down().stdout == "Nothing is running.\n"


def get_line(result):
    assert result.returncode == 1
    lines = result.stderr.splitlines()
    assert len(lines) == 1, result.stderr
    return lines[0]


def test_port_in_use_is_one_clear_error(scripts):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        output = get_line(scripts.up(PORT=str(port)))
    assert f"port {port} on 127.0.0.1 is not available" in output
    assert "PORT=8001 deploy/up" in output


@pytest.mark.parametrize("port", ["0", "1023", "99999", "18446744073709561116", "many"])
def test_names_the_range_of_a_port(scripts, port):
    output = get_line(scripts.up(METRICS="true", METRICS_PORT=port))
    assert output == (
        f"deploy/up: METRICS_PORT={port} is not allowed: give a whole number from 1024 to 65535."
    )


def test_names_two_variables_with_one_port(scripts):
    port = scripts.environment["PORT"]
    output = get_line(scripts.up(METRICS="true", METRICS_PORT=port))
    assert f"PORT and METRICS_PORT are both {port}: give each its own port." in output
    assert not (scripts.folder / "var/postgres").exists()


def test_unreachable_postgresql_is_one_clear_error(scripts):
    result = scripts.up(POSTGRES_URL=f"postgresql://web:secret@127.0.0.1:{free_port()}/site")
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    assert "secret" not in result.stderr
    assert "PostgreSQL" in result.stderr
    assert get_status(int(scripts.environment["PORT"]), "/healthz") == 0


def test_rejects_unknown_options(scripts):
    assert "usage: deploy/up [-d]" in get_line(scripts.run("deploy/up", "--fast"))


def test_reads_a_secret_from_a_file(scripts):
    url = scripts.folder / "the url"
    url.write_text(f"postgresql://web:secret@127.0.0.1:{free_port()}/site\n")
    environment = scripts.folder / ".env"
    environment.write_text(f"POSTGRES_URL_FILE={url}")
    assert "PostgreSQL" in scripts.up().stderr
    assert not (scripts.folder / "var/postgres").exists()
    assert "\nPOSTGRES" not in environment.read_text()


def test_unreadable_secret_is_one_clear_error(scripts):
    output = get_line(scripts.up(POSTGRES_URL_FILE="/nowhere"))
    assert output.startswith("deploy/up: POSTGRES_URL_FILE=/nowhere cannot be read")


def test_rejects_a_bad_policy_number_first(scripts):
    output = get_line(scripts.up(POOL_WEB_MAX="many"))
    assert "POOL_WEB_MAX='many' is not allowed: give a whole number from 1 to 500" in output
    assert not (scripts.folder / "var/postgres").exists()


def test_rejects_a_path_with_quotes(scripts):
    assert "quotes" in get_line(scripts.up(VAR_DIR=str(scripts.folder / "it's")))
