"""Work beside the load."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from typing import Self


class Background(ABC):
    """Run `work` in a thread inside the block; `work` returns soon after `stopped` is set."""

    def __init__(self) -> None:
        self.stopped = threading.Event()
        self.errors: list[str] = []
        self._thread = threading.Thread(target=self.work)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        self._thread.join()

    @abstractmethod
    def work(self) -> None: ...
