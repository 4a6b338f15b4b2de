"""Jobs that run during the load test."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from typing import Final, Self

from django.conf import settings

PAUSE: Final = 10  # seconds


class Jobs:
    """Run two commands at a time, the jobs pool's cap, every PAUSE seconds inside the block."""

    def __init__(self, experts: Path) -> None:
        self.runs = 0
        self.errors: list[str] = []
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
        for process in [start(*command) for command in self._commands]:
            _, error = process.communicate()
            self.runs += 1
            if status := process.returncode:
                self.errors.append(error.strip() or f"a job exited with {status}")


def start(*command: str) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603  fixed commands
        [sys.executable, str(settings.BASE_DIR / "manage.py"), *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # not interrupted by Ctrl-C; they end by themselves
    )
