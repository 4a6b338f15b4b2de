"""How gunicorn serves the site: workers with threads, as the settings say."""

import os
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.conf import settings

wsgi_app = "config.wsgi"
chdir = str(settings.BASE_DIR)
host = f"[{settings.BIND}]" if ":" in settings.BIND else settings.BIND
bind = f"{host}:{settings.PORT}"
workers = settings.WEB_WORKERS
worker_class = "gthread"
threads = settings.WEB_THREADS

# A request waits for a connection and for its statements; both limits together stay below this.
graceful_timeout = 30
timeout = 60
keepalive = 5

# A worker's heartbeat file must not wait for a disk.
worker_tmp_dir = next((path for path in ("/dev/shm",) if Path(path).is_dir()), None)  # noqa: S108
max_requests = 20_000
max_requests_jitter = 2_000

accesslog = None
errorlog = "-"
control_socket_disable = True

# Of a body that the site refuses unread, gunicorn skips as much; after more it hangs up.
SKIPPED = 64 * 1024


def pre_request(worker: Any, request: Any) -> None:
    """Announce with the answer that the connection ends, where it may have to."""
    size = dict(request.headers).get("CONTENT-LENGTH", "")
    if size.isdecimal() and int(size) > SKIPPED:
        request.force_close()
