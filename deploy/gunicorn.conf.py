"""How gunicorn serves the site: its own threaded workers, as the settings say.

Behind HAProxy each process has a socket of its own (WEB_SOCKET) and one worker; without it, one
gunicorn with all the workers listens on BIND:PORT.
"""

import os
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.conf import settings
from gunicorn.glogging import Logger

from config.proxy.policy import PUBLIC_THREADS, STATIC_THREADS
from files.temporary_files import remove_leftovers

wsgi_app = "config.wsgi"
# A worker that takes the place of another one then begins at once. New code needs a new master:
# deploy/reload starts one.
preload_app = True
chdir = str(settings.BASE_DIR)
host = f"[{settings.BIND}]" if ":" in settings.BIND else settings.BIND
bind = f"unix:{settings.WEB_SOCKET}" if settings.WEB_SOCKET else f"{host}:{settings.PORT}"
umask = 0o077
workers = 1 if settings.WEB_SOCKET else settings.WEB_WORKERS
worker_class = "gthread"
is_public = Path(settings.WEB_SOCKET).name == "public.sock"
threads = PUBLIC_THREADS + STATIC_THREADS if is_public else settings.WEB_THREADS

# A request waits for a connection and for its statements; both limits together stay below this.
graceful_timeout = 30
timeout = 60
# Only without HAProxy, which makes a connection for each request: longer than nginx keeps an
# idle connection to it, 60 s, so that it sends no request on one that is just being closed.
keepalive = 75

# A worker's heartbeat file must not wait for a disk.
worker_tmp_dir = next((path for path in ("/dev/shm",) if Path(path).is_dir()), None)  # noqa: S108
# What a process hoards ends with it.
max_requests = 100_000
max_requests_jitter = 20_000

# Of what a proxy says, the site believes the headers that its settings name, and no others.
forwarded_allow_ips = ""
forwarder_headers = ""
secure_scheme_headers: dict[str, str] = {}


class logger_class(Logger):  # type: ignore[misc]  # noqa: N801  untyped; the setting's name
    """gunicorn's, without its access log: with a logconfig it puts together every header of a
    request and its answer, be there a handler for them or not."""

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
