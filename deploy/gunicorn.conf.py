"""gunicorn's settings."""

import os
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.conf import settings
from gunicorn.glogging import Logger

from config.database.replicas.sampler import start_samplers
from config.pools.recorder import Recorder
from config.proxy.policy import PUBLIC_THREADS, STATIC_THREADS
from files.temporary_files import remove_leftovers

wsgi_app = "config.wsgi"
# Replacement workers then start at once. New code needs a new master, which deploy/reload starts.
preload_app = True
chdir = str(settings.BASE_DIR)
# Behind HAProxy, each gunicorn has its own socket and one worker; without it, one gunicorn with
# all workers listens on BIND:PORT.
host = f"[{settings.BIND}]" if ":" in settings.BIND else settings.BIND
bind = f"unix:{settings.WEB_SOCKET}" if settings.WEB_SOCKET else f"{host}:{settings.PORT}"
umask = 0o077
workers = 1 if settings.WEB_SOCKET else settings.WEB_WORKERS
worker_class = "gthread"
is_public = Path(settings.WEB_SOCKET).name == "public.sock"
threads = PUBLIC_THREADS + STATIC_THREADS if is_public else settings.WEB_THREADS

# Above the limits of waiting for a connection and of the statements, together.
graceful_timeout = 30
timeout = 60
# Without HAProxy only, which opens a connection per request. Longer than nginx's 60 s for idle
# connections, so that nginx sends no request on a connection that is closing.
keepalive = 75

# A worker's heartbeat file must not wait for a disk.
worker_tmp_dir = next((path for path in ("/dev/shm",) if Path(path).is_dir()), None)  # noqa: S108  gunicorn makes a file of its own there
# Limits the growth of a process's memory.
max_requests = 100_000
max_requests_jitter = 20_000

# The site trusts only the proxy headers that its own settings name.
forwarded_allow_ips = ""
forwarder_headers = ""
secure_scheme_headers: dict[str, str] = {}


class logger_class(Logger):  # noqa: N801  the setting's name
    """No access log: with a logconfig, gunicorn would format each entry without a handler."""

    def access(self, *_: Any) -> None:
        pass


logconfig_dict = settings.LOGGING | {
    "loggers": {
        "gunicorn.error": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
    },
}
control_socket_disable = True


def on_starting(server: Any) -> None:
    remove_leftovers()


def post_worker_init(worker: Any) -> None:
    if is_public and settings.DATABASE_POOLING == "pgbouncer":
        Recorder().start()
    if not is_public:
        start_samplers()
