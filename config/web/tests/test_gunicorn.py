"""What the worker leans on in gunicorn is as it was when that was written.

Where this fails after an upgrade: read what has changed, adapt the worker, then put the new
numbers here.
"""

import hashlib
import inspect

import pytest
from gunicorn.arbiter import Arbiter
from gunicorn.http.parser import Parser
from gunicorn.http.unreader import SocketUnreader, Unreader
from gunicorn.workers.base import Worker
from gunicorn.workers.gthread import PollableMethodQueue, TConn, ThreadWorker

KNOWN = {
    ThreadWorker: "2cde92a57d7b",
    Worker.__init__: "e0f1de2d6057",
    Worker.init_process: "114caccd7a0e",
    Worker.load_wsgi: "18b02fc35e96",
    TConn: "e3a2878ba952",
    PollableMethodQueue: "5b4a78bd3cfb",
    Unreader: "84aaa8f91fcd",
    SocketUnreader: "786a257be09e",
    Parser: "3a9c06e348c7",
    Arbiter.reload: "fec344d2f774",
    Arbiter.spawn_worker: "6abc0d90b0b9",
}


@pytest.mark.parametrize(
    ("part", "known"), KNOWN.items(), ids=lambda x: getattr(x, "__qualname__", "")
)
def test_gunicorns_part_is_the_one_that_the_worker_was_written_for(part, known):
    source = inspect.getsource(part).encode()
    assert hashlib.sha256(source).hexdigest()[:12] == known
