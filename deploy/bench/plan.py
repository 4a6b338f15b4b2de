"""The turns, their order and duration. Pure."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from bench.variants import GET, PATCH, VARIANTS

TYPICAL: Final = 32  # clients; some more than the site's threads
MOST: Final = 1000
CLIENTS: Final = (1, 8, TYPICAL, 128, 512, MOST)
QUICK_CLIENTS: Final = (1, TYPICAL, MOST)
STEADY: Final = "steady"  # the pair of the site with itself, under MOST and TYPICAL clients
BETWEEN: Final = 0.3  # seconds between two turns
AROUND: Final = 60  # seconds before and after the rounds
# A turn has a second per so many clients. Where a target is about latencies it has two, so that
# each client is answered several times: requests that still wait at its end are not in them.
CLIENTS_PER_SECOND: Final = 200
LATENCIES: Final = "persistent"


@dataclass(frozen=True, kw_only=True)
class Turn:
    """`pair`: the variant that this turn and its neighbour compare with the site, or STEADY."""

    round: int
    pair: str
    variant: str
    request: str
    clients: int


@dataclass(frozen=True, kw_only=True)
class Plan:
    """`peer_clients`: for the variants that no target compares with."""

    rounds: int
    seconds: int
    clients: tuple[int, ...]
    peer_clients: tuple[int, ...]
    variants: tuple[str, ...]
    output: Path
    is_dry_run: bool = False

    @classmethod
    def from_arguments(cls, arguments: Sequence[str]) -> Self:
        """Exit with the usage for invalid arguments."""
        options = build_parser().parse_args(arguments)
        rounds, seconds, clients = (3, 1, QUICK_CLIENTS) if options.quick else (5, 2, CLIENTS)
        peers = (TYPICAL,) if options.quick else clients
        return cls(
            rounds=options.rounds or rounds,
            seconds=options.seconds or seconds,
            clients=options.clients or clients,
            peer_clients=options.clients or peers,
            variants=options.variants,
            output=options.output,
            is_dry_run=options.plan,
        )

    def list_turns(self) -> list[Turn]:
        """Let the site take turns with each variant; every second round reverses each pair."""
        pairs = (
            list(pair)[:: -1 if number % 2 else 1]
            for number in range(self.rounds)
            for clients in self.clients
            for request in (GET, PATCH)
            for pair in self._list_pairs(number, request, clients)
        )
        return [turn for pair in pairs for turn in pair]

    def _list_pairs(self, number: int, request: str, clients: int) -> Iterator[list[Turn]]:
        for key in self.variants:
            if key != "site" and self._is_measured(key, request, clients):
                yield [
                    Turn(round=number, pair=key, variant=which, request=request, clients=clients)
                    for which in ("site", key)
                ]
        if clients == MOST:
            yield [
                Turn(round=number, pair=STEADY, variant="site", request=request, clients=count)
                for count in (TYPICAL, MOST)
            ]

    def _is_measured(self, key: str, request: str, clients: int) -> bool:
        variant = VARIANTS[key]
        is_loaded = variant.is_target or clients in self.peer_clients
        # PgBouncer has no client connections for pgbench beyond those of the site's threads.
        is_possible = key != "statement" or clients <= TYPICAL
        return request in variant.paths and is_loaded and is_possible

    def get_seconds(self, turn: Turn) -> int:
        seconds = -(-turn.clients // CLIENTS_PER_SECOND) * (2 if turn.pair == LATENCIES else 1)
        return max(self.seconds, seconds if turn.clients > TYPICAL else 0)

    def estimate_minutes(self) -> float:
        turns = (self.get_seconds(turn) + BETWEEN for turn in self.list_turns())
        return (sum(turns) + AROUND) / 60

    def describe(self) -> str:
        return (
            f"{len(self.list_turns())} turns of {self.seconds} s and more: "
            f"{', '.join(self.variants)}; {', '.join(map(str, self.clients))} clients; "
            f"{self.rounds} round(s); about {self.estimate_minutes():.0f} minutes\n"
        )


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="deploy/benchmark", allow_abbrev=False, add_help=False)
    parser.add_argument("--rounds", type=parse_integer, help="default 5")
    parser.add_argument("--seconds", type=parse_integer, help="per turn; default 2")
    parser.add_argument("--clients", type=parse_integers, help="default 1,8,32,128,512,1000")
    parser.add_argument(
        "--variants",
        type=parse_variants,
        default=tuple(VARIANTS),
        help=f"default {','.join(VARIANTS)}",
    )
    parser.add_argument("--quick", action="store_true", help="3 rounds, 1 s, 1, 32, 1000 clients")
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
    """Return the variants in their order; the site is always one of them."""
    wanted = {"site", *text.split(",")}
    if unknown := sorted(wanted - VARIANTS.keys()):
        raise argparse.ArgumentTypeError(f"{unknown[0]!r} is not one of {','.join(VARIANTS)}")
    return tuple(key for key in VARIANTS if key in wanted)
