"""Record the pools' figures, and HAProxy's refusals, for as long as the process runs."""

from __future__ import annotations

import threading
import time
from typing import Final

from django.conf import settings

from config.observe.refusals import record_unserved
from config.pools.samples import INTERVAL, record_sample
from config.proxy.runtime import count_unserved

NAME: Final = "pools recorder"


class Recorder(threading.Thread):
    """Ends with its process, in which it delays nothing."""

    def __init__(self) -> None:
        super().__init__(name=NAME, daemon=True)
        self.unserved: int | None = None

    def run(self) -> None:
        while True:
            record_sample()
            self.record_unserved()
            time.sleep(INTERVAL)

    def record_unserved(self) -> None:
        try:
            count = count_unserved(settings.RUN_DIR)
        except (FileNotFoundError, ConnectionRefusedError):
            self.unserved = 0  # it does not run, and will count from 0
            return
        except OSError:
            return
        before, self.unserved = self.unserved, count
        if before is not None:
            # A new HAProxy counts from 0.
            record_unserved(count - before if count >= before else count)
