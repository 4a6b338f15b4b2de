"""Sessions that hold a slot of a pool to which they do not belong: found, and ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from config.database.dsn import Server
from config.database.monitor.activity import Holder, end
from config.database.policy import PoolPolicy
from config.database.render.slots import lock_class


@dataclass(frozen=True)
class Intruder:
    """A session that was ended: its process and role, and the pool of which it held a slot."""

    pid: int
    role: str
    pool: str


def end_intruders(
    holders: list[Holder],
    policies: Mapping[str, PoolPolicy],
    servers: Mapping[str, Server],
    known: Mapping[str, frozenset[int]],
    *,
    alone: bool,
) -> Iterator[Intruder]:
    """End those of `holders` that are no server connections of their pool; who they were.

    That is who has another role than the pool and, where the site's PgBouncers are `alone`, so
    that no other replica has its own, whoever is not among the pids that are `known` of the pool.
    """
    for name, policy in policies.items():
        ours = known.get(name) if alone else None
        for holder in _strange(holders, lock_class(policy), servers[name].user, ours):
            if end(holder):
                yield Intruder(holder.pid, holder.role, name)


def _strange(
    holders: list[Holder], class_: int, role: str, ours: frozenset[int] | None
) -> Iterator[Holder]:
    for holder in holders:
        is_unknown = ours is not None and holder.pid not in ours
        if holder.class_ == class_ and (holder.role != role or is_unknown):
            yield holder
