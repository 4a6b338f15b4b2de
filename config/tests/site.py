"""A private site, started by deploy/up, which a test may break."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import psycopg
from django.conf import settings

from config.database.dsn import parse_server_url
from config.database.policy import count_all_backends
from config.tests.processes import ROOT, free_port, get_status, start_command, wait_until

TOKEN = "t" * 32
LOGS = ("web-0", "web-1", "public")
RESERVED = 3  # superuser_reserved_connections, for the tests' own connections
# Where Python stores compiled modules; compiling them would triple a command's start.
COMPILED = {name: os.environ[name] for name in ["PYTHONPYCACHEPREFIX"] if name in os.environ}
MAKE_USERS = """
import json
from django.test import Client
from django.utils import timezone
from accounts.models import User
from onboarding.models import Preferences
for n in range({count}):
    user = User.objects.create_user(email="person-{batch}-%d@example.org" % n, password=None)
    user.confirm_email()
    Preferences.objects.create(user=user, finished_at=timezone.now())
    client = Client()
    client.force_login(user)
    print(json.dumps([str(user.pk), client.cookies["sessionid"].value]))
"""


class Person:
    """A signed-in user: the headers of a request that reads or writes."""

    def __init__(self, pk, session):
        self.pk = pk
        self.headers = {
            "Cookie": f"sessionid={session}; csrftoken={TOKEN}",
            "X-CSRFToken": TOKEN,
            "Content-Type": "application/json",
        }


class Site:
    """PostgreSQL, both PgBouncers, gunicorn and HAProxy under supervisor."""

    def __init__(self, folder, **environment):
        self.folder, self.port, self.batches = Path(folder), free_port(), 0
        self.run_dir = self.folder / "var/run"
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "VAR_DIR": str(self.folder / "var"),
            "RUN_DIR": str(self.run_dir),
            "ENV_FILE": str(self.folder / ".env"),
            "PORT": str(self.port),
            **COMPILED,
            **environment,
        }

    def run_script(self, *command):
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=180
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def up(self):
        self.run_script("deploy/up", "-d")

    def down(self):
        self.run_script("deploy/down")

    def supervisor(self, *arguments):
        """Return supervisorctl's output, as in `site.supervisor("restart", "pgbouncer-web")`."""
        names = ("POSTGRES_BIN", "POSTGRES_AUTOSTART", "PGBOUNCER_AUTOSTART", "ROOT", "VENV")
        counts = ("LOG_BYTES", "POSTGRES_LOG_BYTES", "READ_POOLS", "REPLICAS_HERE")
        environment = (
            self.environment
            | dict.fromkeys(names, "")
            | {"WEB_PROCESSES": "1"}
            | dict.fromkeys(counts, "0")
        )
        configuration = str(ROOT / "deploy/supervisord.conf")
        return subprocess.run(
            [sys.executable, "-m", "supervisor.supervisorctl", "-c", configuration, *arguments],
            env=environment,
            capture_output=True,
            text=True,
            timeout=90,
        ).stdout

    def pid(self, program):
        """Return the pid of a program such as `postgres` or `web:web-0`; 0 if not running."""
        text = self.supervisor("pid", program).strip()
        return int(text) if text.isdigit() else 0

    def web_pids(self):
        """Return the gunicorn processes that serve requests with database access."""
        workers = int(self.environment.get("WEB_WORKERS", settings.WEB_WORKERS))
        return [self.pid(f"web:web-{number}") for number in range(workers)]

    def kill(self, program, number=signal.SIGKILL):
        os.kill(self.pid(program), number)

    def manage(self, *arguments, **environment):
        return start_command(arguments, self.environment | environment)

    def run_command(self, *arguments, **environment):
        process = self.manage(*arguments, **environment)
        output, error = process.communicate(timeout=120)
        assert process.returncode == 0, error
        return output

    def create_people(self, count):
        self.batches += 1
        code = MAKE_USERS.format(count=count, batch=self.batches)
        lines = self.run_command("shell", "--verbosity", "0", "--command", code).splitlines()
        return [Person(*json.loads(line)) for line in lines]

    def superuser(self, **options):
        """Connect to PostgreSQL directly, using a reserved connection."""
        return psycopg.connect(
            host=str(self.run_dir), dbname="ai4ceo", user="postgres", autocommit=True, **options
        )

    def get_place(self, pool):
        """Return psycopg's keywords for the PgBouncer of that pool."""
        variable = {"web": "POSTGRES_URL", "jobs": "POSTGRES_JOBS_URL"}[pool.name]
        text = (self.folder / ".env").read_text()
        (url,) = re.findall(rf"^{variable}=(.*)$", text, re.MULTILINE)
        server = parse_server_url(variable, url)
        return {
            "host": str(self.run_dir),
            "port": pool.listen_port,
            "dbname": server.dbname,
            "user": server.user,
            "password": server.password,
        }

    def role(self, name):
        return f"ai4ceo_{name}"

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)

    def status(self, path, headers=()):
        return get_status(self.port, path, headers)

    def wait_until_ready(self, seconds=30):
        for path in ("/readyz", "/healthz"):
            wait_until(lambda path=path: self.status(path) == 200, seconds, f"{path} answers")

    def restart_postgres_with(self, **settings):
        with self.superuser() as connection:
            for name, value in settings.items():
                connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
        self.supervisor("restart", "postgres")
        self.wait_until_ready()

    def log(self, program):
        return (self.folder / f"var/log/{program}.log").read_text(errors="replace")

    def start_logs(self):
        """Have `find_in_logs` leave out what gunicorn has logged so far."""
        self.logged = {program: len(self.log(program)) for program in LOGS}

    def find_in_logs(self, words):
        lines = "\n".join(self.log(program)[self.logged[program] :] for program in LOGS)
        return [line for line in lines.splitlines() if words in line]

    def refusals(self):
        """Return PostgreSQL's lines with SQLSTATE 53300 since the site was created."""
        return [line for line in self.log("postgres").splitlines() if " 53300 " in line]


def restrict_connections(site):
    """Let PostgreSQL grant exactly the connections that the system check demands."""
    needed = count_all_backends(settings.POOLS.values())
    site.restart_postgres_with(max_connections=needed + RESERVED)


@contextmanager
def new_site(kind=Site, **environment):
    """Create a site, in about ten seconds; remove it at the end."""
    with tempfile.TemporaryDirectory(prefix="site ", dir="/tmp") as folder:
        site = kind(folder, **environment)
        # Collecting them would be a quarter of a start's processor time.
        shutil.copytree(settings.STATIC_ROOT, site.folder / "var/static")
        try:
            site.up()
            yield site
        finally:
            site.down()
