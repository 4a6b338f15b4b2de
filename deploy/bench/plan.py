"""The measurements, their order and duration. Pure."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from bench.variants import GET, PATCH, VARIANTS

CLIENTS: Final = (1, 8, 32, 128, 512, 1000)
QUICK_CLIENTS: Final = (1, 32, 1000)
BETWEEN: Final = 0.7  # seconds between two turns
AROUND: Final = 45  # seconds before and after the rounds


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
    is_dry_run: bool = False

    @classmethod
    def from_arguments(cls, arguments: Sequence[str]) -> Self:
        """Exit with the usage for invalid arguments."""
        options = build_parser().parse_args(arguments)
        rounds, seconds, clients = (1, 1, QUICK_CLIENTS) if options.quick else (3, 4, CLIENTS)
        return cls(
            rounds=options.rounds or rounds,
            seconds=options.seconds or seconds,
            clients=options.clients or clients,
            variants=options.variants,
            output=options.output,
            is_dry_run=options.plan,
        )

    def list_turns(self) -> list[Turn]:
        """Run all variants under one load before the next.

        Each round starts with another variant, and every second round reverses the order.
        """
        return [
            Turn(round=number, variant=key, request=request, clients=clients)
            for number in range(self.rounds)
            for clients in self.clients
            for request in (GET, PATCH)
            for key in _rotate(
                [key for key in self.variants if VARIANTS[key].supports(request, clients)], number
            )
        ]

    def estimate_minutes(self) -> float:
        return (len(self.list_turns()) * (self.seconds + BETWEEN) + AROUND) / 60

    def describe(self) -> str:
        return (
            f"{len(self.list_turns())} turns of {self.seconds} s: {', '.join(self.variants)}; "
            f"{', '.join(map(str, self.clients))} clients; {self.rounds} round(s); "
            f"about {self.estimate_minutes():.0f} minutes\n"
        )


def _rotate(keys: list[str], number: int) -> list[str]:
    if not keys:
        return []
    start = number % len(keys)
    rotated = keys[start:] + keys[:start]
    return rotated[::-1] if number % 2 else rotated


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="deploy/benchmark", allow_abbrev=False, add_help=False)
    parser.add_argument("--rounds", type=parse_integer, help="default 3")
    parser.add_argument("--seconds", type=parse_integer, help="per turn; default 4")
    parser.add_argument("--clients", type=parse_integers, help="default 1,8,32,128,512,1000")
    parser.add_argument(
        "--variants",
        type=parse_variants,
        default=tuple(VARIANTS),
        help=f"default {','.join(VARIANTS)}",
    )
    parser.add_argument("--quick", action="store_true", help="1 round, 1 s, 1, 32, 1000 clients")
    parser.add_argument("--output", type=Path, default="var/benchmark", help="a folder")
    parser.add_argument("--plan", action="store_true", help="only describe the measurements")
    return parser


def parse_integer(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= 1000):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 to 1000")
    return int(text)


def parse_integers(text: str) -> tuple[int, ...]:
    return tuple(sorted({parse_integer(part) for part in text.split(",")}))


def parse_variants(text: str) -> tuple[str, ...]:
    wanted = text.split(",")
    if unknown := [key for key in wanted if key not in VARIANTS]:
        raise argparse.ArgumentTypeError(f"{unknown[0]!r} is not one of {','.join(VARIANTS)}")
    return tuple(key for key in VARIANTS if key in wanted)
