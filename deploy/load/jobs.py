"""Jobs that run during the load test."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

from django.conf import settings

from load.background import Background

PAUSE: Final = 10  # seconds


class Jobs(Background):
    """Run two commands at a time, the jobs pool's cap, every PAUSE seconds inside the block."""

    def __init__(self, experts: Path) -> None:
        super().__init__()
        self.runs = 0
        self._commands = [["clear_sessions"], ["seed_experts", "--file", str(experts)]]

    def work(self) -> None:
        while not self.stopped.is_set():
            self.run_once()
            self.stopped.wait(PAUSE)

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
