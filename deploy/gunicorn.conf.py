"""How gunicorn serves the site: workers with threads, as the settings say."""

import os
import resource
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.conf import settings

from config.web.worker import SIBLINGS
from files.leftovers import remove_leftovers

wsgi_app = "config.wsgi"
chdir = str(settings.BASE_DIR)
host = f"[{settings.BIND}]" if ":" in settings.BIND else settings.BIND
bind = f"{host}:{settings.PORT}"
workers = settings.WEB_WORKERS
worker_class = "config.web.worker.Worker"
threads = settings.WEB_THREADS

# A request waits for a connection and for its statements; both limits together stay below this.
graceful_timeout = 30
timeout = 60
# Longer than nginx keeps an idle connection to it, 60 s: else it could send a request on one
# that is just being closed.
keepalive = 75

# A thousand clients fit into one worker twice, since either may get far more than its half.
CLIENTS = 2000
# What else a process opens: connections to the database and the storage, the files it sends.
OTHERS = 1000
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
most = CLIENTS + OTHERS if hard == resource.RLIM_INFINITY else min(CLIENTS + OTHERS, hard)
if soft != resource.RLIM_INFINITY and soft < most:
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
worker_connections = max(most - OTHERS, 2 * threads)
backlog = 2048

# A worker's heartbeat file must not wait for a disk.
worker_tmp_dir = next((path for path in ("/dev/shm",) if Path(path).is_dir()), None)  # noqa: S108
# A new generation takes over before the old one ends; each costs about two seconds of one core.
max_requests = 100_000
max_requests_jitter = 20_000

# Of what a proxy says, the site believes the headers that its settings name, and no others.
forwarded_allow_ips = ""
forwarder_headers = ""
secure_scheme_headers: dict[str, str] = {}

accesslog = None
logger_class = "config.web.log.LineLogger"
errorlog = "-"
control_socket_disable = True

# Of a body that the site refuses unread, gunicorn skips as much; after more it hangs up.
SKIPPED = 64 * 1024


def on_starting(server: Any) -> None:
    remove_leftovers()
    if most < CLIENTS + OTHERS:
        server.log.warning(
            "each worker takes only %d clients at once, since no process may open more than %d "
            "files: raise the hard limit to %d (ulimit -Hn, LimitNOFILE=)",
            worker_connections,
            hard,
            CLIENTS + OTHERS,
        )


def child_exit(server: Any, worker: Any) -> None:
    """Nobody has to wait for a worker that has died."""
    SIBLINGS.ends(worker.age)


def pre_request(worker: Any, request: Any) -> None:
    """Announce with the answer that the connection ends, where it may have to."""
    size = dict(request.headers).get("CONTENT-LENGTH", "")
    if size.isdecimal() and int(size) > SKIPPED:
        request.force_close()
