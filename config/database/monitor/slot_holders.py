"""Find and end sessions that hold another pool's slot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from config.database.dsn import Server
from config.database.monitor.activity import SlotHolder, end_session
from config.database.policy import PoolPolicy
from config.database.render.slots import get_lock_class


@dataclass(frozen=True)
class StrayHolder:
    """An ended session: its process, its role, and the pool whose slot it held."""

    pid: int
    role: str
    pool: str


def end_stray_holders(
    holders: list[SlotHolder],
    policies: Mapping[str, PoolPolicy],
    servers: Mapping[str, Server],
    known: Mapping[str, frozenset[int]],
) -> Iterator[StrayHolder]:
    """End the holders that are not server connections of their pool, and yield them.

    These have a role other than the pool's or, if this is the only host, a pid that is not
    among the pool's `known` pids.
    """
    for name, policy in policies.items():
        ours = known.get(name) if policy.hosts == 1 else None
        for holder in _list_stray(holders, get_lock_class(policy), servers[name].user, ours):
            if end_session(holder):
                yield StrayHolder(holder.pid, holder.role, name)


def _list_stray(
    holders: list[SlotHolder], class_: int, role: str, ours: frozenset[int] | None
) -> Iterator[SlotHolder]:
    for holder in holders:
        is_unknown = ours is not None and holder.pid not in ours
        if holder.class_ == class_ and (holder.role != role or is_unknown):
            yield holder
