"""A second region of a site, some milliseconds from the first one's."""

import http.client
import os
import re
import signal
import socket
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from config.database.dsn import parse_server_url
from config.database.tests.distance import IP_ADDRESSES, Distance
from config.tests.processes import wait_until
from config.tests.site import Site, new_site

FRA, NYC = 0, 1
DELAY = 0.04  # seconds each way
PORT = 8000  # of both regions' HAProxy, each in a network of its own
POSTGRES_PORT = 5432

# What HAProxy in the primary's region also does: PostgreSQL there listens on a socket only.
POSTGRES = """
defaults tcp
    mode tcp
    timeout connect 5s
    timeout client 1h
    timeout server 1h
listen postgres
    bind {ip_address}:{port}
    server postgres unix@{socket}
"""
# A way for the tests into the secondary region's network.
DOOR = """
defaults
    mode tcp
    timeout connect 5s
    timeout client 1h
    timeout server 1h
listen door
    bind unix@{socket}
    server site 127.0.0.1:{port}
"""


class Door(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__(f"127.0.0.1:{PORT}", timeout=60)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


@dataclass(frozen=True)
class Reply:
    status: int
    seconds: float
    region: str
    body: str
    written: str


class SecondRegion(Site):
    """The site in New York; its replica is the standby of the first one, in Frankfurt."""

    def __init__(self, folder, *, distance, **environment):
        super().__init__(folder, **environment)
        self.distance, self.port = distance, PORT
        self.environment["PORT"] = str(PORT)

    def run_script(self, *command):
        return super().run_script(*self.distance.enter(NYC), *command)

    def connect(self):
        return Door(str(self.folder / "door.sock"))

    def status(self, path, headers=()):
        return self.send("GET", path, headers).status

    def send(self, method, path, headers=(), body=None):
        began = time.monotonic()
        with closing(self.connect()) as connection:
            connection.request(method, path, body, dict(headers))
            response = connection.getresponse()
            text = response.read().decode()
        seconds = time.monotonic() - began
        cookies = response.headers.get_all("Set-Cookie") or ()
        found = re.search(r"(?:^|\n)written=([^;]*)", "\n".join(cookies))
        region = response.headers["X-Region"]
        return Reply(response.status, seconds, region, text, found[1] if found else "")

    def choose_writes(self, way):
        """Have HAProxy treat writes in this way from now on."""
        self.environment["REGION_WRITES"] = way
        self.run_command("haproxy_config", "--write")
        self.supervisor("signal", "USR2", "haproxy")
        where = "nyc" if way == "pool" else "fra"
        wait_until(
            lambda: self.send("POST", "/accounts/login/").region == where, 10, f"{where} writes"
        )


@contextmanager
def open_region(primary, folder):
    """Start the second region; yield it. The standby moves there."""
    with Distance() as distance:
        primary.supervisor("stop", "replica")
        running = [start_haproxy(distance, primary, folder), start_replica(distance, primary)]
        try:
            environment = get_environment(primary)
            with new_site(SecondRegion, distance=distance, **environment) as site:
                running.append(start_door(site))
                distance.set_delay(DELAY)
                site.wait_until_ready()
                yield site
                distance.set_delay(0)
        finally:
            for process in running:
                process.send_signal(signal.SIGINT)
                process.wait(30)
            primary.supervisor("start", "replica")


def start_haproxy(distance, primary, folder):
    """Start Frankfurt's HAProxy in that network, beside the site's own, with the same gunicorn."""
    text = primary.run_command(
        "haproxy_config",
        REGION="fra",
        PRIMARY_REGION="fra",
        BIND=IP_ADDRESSES[FRA],
        PORT=str(PORT),
        SITE_URL=f"http://127.0.0.1:{PORT}",
        TRUSTED_PROXIES=IP_ADDRESSES[NYC],
    )
    for name in ("haproxy.sock", "haproxy-metrics.sock"):
        text = text.replace(f"/{name}", f"/far-{name}")
    path = f"{primary.run_dir.resolve()}/.s.PGSQL.5432".replace(" ", r"\ ")
    text += POSTGRES.format(ip_address=IP_ADDRESSES[FRA], port=POSTGRES_PORT, socket=path)
    return run_haproxy(distance, FRA, folder / "fra.cfg", text)


def start_door(site):
    path = str(site.folder / "door.sock").replace(" ", r"\ ")
    text = DOOR.format(socket=path, port=PORT)
    process = run_haproxy(site.distance, NYC, site.folder / "door.cfg", text)
    wait_until(Path(site.folder, "door.sock").exists, 10, "the door is open")
    return process


def run_haproxy(distance, side, file, text):
    file.write_text(text)
    return distance.start(side, "haproxy", "-db", "-f", file)


def start_replica(distance, primary):
    """Start the standby in New York, which streams from Frankfurt."""
    program = Path(os.environ["POSTGRES_BIN"]) / "postgres"
    where = f"host={IP_ADDRESSES[FRA]} port={POSTGRES_PORT} user=postgres"
    data = primary.folder / "var/replica"
    with (primary.folder / "var/log/replica.log").open("a") as log:
        return distance.start(
            NYC, program, "-D", data, "-c", f"primary_conninfo={where}", stdout=log, stderr=log
        )


def get_environment(primary):
    values = dict(re.findall(r"^(\w+)=(.*)$", (primary.folder / ".env").read_text(), re.MULTILINE))
    names = [f"POSTGRES_{role}URL" for role in ("", "JOBS_", "ADMIN_")]
    urls = {name: make_far(name, values[name]) for name in names}
    return urls | {
        "SECRET_KEY": values["SECRET_KEY"],
        "POOL_JOBS_BUDGET": primary.environment["POOL_JOBS_BUDGET"],
        "POSTGRES_READ_URL": values["POSTGRES_READ_URL"],
        "SITE_URL": f"http://127.0.0.1:{PORT}",
        "REGION": "nyc",
        "PRIMARY_REGION": "fra",
        "PRIMARY_URL": f"http://{IP_ADDRESSES[FRA]}:{PORT}",
    }


def make_far(variable, url):
    server = parse_server_url(variable, url)
    place = f"{IP_ADDRESSES[FRA]}:{POSTGRES_PORT}/{server.dbname}"
    return f"postgresql://{server.user}:{server.password}@{place}?sslmode=disable"
