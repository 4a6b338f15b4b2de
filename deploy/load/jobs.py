"""The jobs that run beside the people, as cron and administrators start them."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from typing import Final, Self

from django.conf import settings

PAUSE: Final = 10  # seconds


class Jobs:
    """Two commands at once, the jobs pool's cap, now and then until the block's end."""

    def __init__(self, experts: Path) -> None:
        self.runs = 0
        self.complaints: list[str] = []
        self._commands = [["clear_sessions"], ["seed_experts", "--file", str(experts)]]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._stop.is_set():
            self.run_once()
            self._stop.wait(PAUSE)

    def run_once(self) -> None:
        for process in [started(*command) for command in self._commands]:
            _, complaint = process.communicate()
            self.runs += 1
            if status := process.returncode:
                self.complaints.append(complaint.strip() or f"a job ended with {status}")


def started(*command: str) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - its own commands
        [sys.executable, str(settings.BASE_DIR / "manage.py"), *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C is not for them, they end by themselves
    )
