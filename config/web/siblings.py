"""What the workers of a site know of each other."""

from __future__ import annotations

import mmap
from typing import Final

SLOTS: Final = 256
BOOTING: Final = -1


class Siblings:
    """A number for each worker, by its age, in memory that the master shares with all.

    While it accepts, it is one more than its connections; 0 is for a worker that is none any more.
    """

    def __init__(self) -> None:
        self.numbers = memoryview(mmap.mmap(-1, 4 * SLOTS)).cast("i")

    def boots(self, age: int) -> None:
        self.numbers[age % SLOTS] = BOOTING

    def accepts(self, age: int, connections: int) -> None:
        self.numbers[age % SLOTS] = connections + 1

    def ends(self, age: int) -> None:
        self.numbers[age % SLOTS] = 0

    @property
    def any_boots(self) -> bool:
        return BOOTING in self.numbers.tolist()

    @property
    def fewest(self) -> int:
        """The connections of the worker that has the fewest; 0 where there is none."""
        return min((number for number in self.numbers.tolist() if number > 0), default=1) - 1
