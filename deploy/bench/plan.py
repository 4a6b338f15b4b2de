"""What is measured, in which order, and how long that takes. Pure."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from bench.variants import GET, PATCH, VARIANTS

CLIENTS: Final = (1, 8, 32, 128, 512, 1000)
QUICK_CLIENTS: Final = (1, 32, 1000)
BETWEEN: Final = 0.7  # seconds from the end of one turn to the next one's start
AROUND: Final = 45  # seconds for what comes before and after the rounds


@dataclass(frozen=True, kw_only=True)
class Turn:
    round: int
    variant: str
    request: str
    clients: int


@dataclass(frozen=True, kw_only=True)
class Plan:
    rounds: int
    seconds: int
    clients: tuple[int, ...]
    variants: tuple[str, ...]
    output: Path
    is_only_told: bool = False

    @classmethod
    def from_arguments(cls, arguments: Sequence[str]) -> Self:
        """Ends the program, with its usage, where it cannot be run so."""
        given = parser().parse_args(arguments)
        rounds, seconds, clients = (1, 1, QUICK_CLIENTS) if given.quick else (3, 4, CLIENTS)
        return cls(
            rounds=given.rounds or rounds,
            seconds=given.seconds or seconds,
            clients=given.clients or clients,
            variants=given.variants,
            output=given.output,
            is_only_told=given.plan,
        )

    def turns(self) -> list[Turn]:
        """Every variant has its turn under the same load before the next load comes; who begins
        changes with every round, and every second one goes the other way."""
        return [
            Turn(round=number, variant=key, request=request, clients=clients)
            for number in range(self.rounds)
            for clients in self.clients
            for request in (GET, PATCH)
            for key in _in_turn(
                [key for key in self.variants if VARIANTS[key].takes(request, clients)], number
            )
        ]

    def minutes(self) -> float:
        return (len(self.turns()) * (self.seconds + BETWEEN) + AROUND) / 60

    def told(self) -> str:
        return (
            f"{len(self.turns())} turns of {self.seconds} s: {', '.join(self.variants)}; "
            f"{', '.join(map(str, self.clients))} clients; {self.rounds} round(s); "
            f"about {self.minutes():.0f} minutes\n"
        )


def _in_turn(keys: list[str], number: int) -> list[str]:
    if not keys:
        return []
    start = number % len(keys)
    rotated = keys[start:] + keys[:start]
    return rotated[::-1] if number % 2 else rotated


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(prog="deploy/benchmark", allow_abbrev=False, add_help=False)
    found.add_argument("--rounds", type=whole, help="default 3")
    found.add_argument("--seconds", type=whole, help="of each turn; default 4")
    found.add_argument("--clients", type=numbers, help="default 1,8,32,128,512,1000")
    found.add_argument(
        "--variants", type=keys, default=tuple(VARIANTS), help=f"default {','.join(VARIANTS)}"
    )
    found.add_argument("--quick", action="store_true", help="1 round, 1 s, 1, 32, 1000 clients")
    found.add_argument("--output", type=Path, default="var/benchmark", help="a folder")
    found.add_argument("--plan", action="store_true", help="only say what would be measured")
    return found


def whole(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= 1000):
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 to 1000")
    return int(text)


def numbers(text: str) -> tuple[int, ...]:
    return tuple(sorted({whole(part) for part in text.split(",")}))


def keys(text: str) -> tuple[str, ...]:
    wanted = text.split(",")
    if unknown := [key for key in wanted if key not in VARIANTS]:
        raise argparse.ArgumentTypeError(f"{unknown[0]!r} is none of {','.join(VARIANTS)}")
    return tuple(key for key in VARIANTS if key in wanted)
