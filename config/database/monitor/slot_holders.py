"""Sessions that hold a slot of a pool to which they do not belong: found, and ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from config.database.dsn import Server
from config.database.monitor.activity import SlotHolder, end_session
from config.database.policy import PoolPolicy
from config.database.render.slots import get_lock_class


@dataclass(frozen=True)
class StrayHolder:
    """A session that was ended: its process and role, and the pool of which it held a slot."""

    pid: int
    role: str
    pool: str


def end_stray_holders(
    holders: list[SlotHolder],
    policies: Mapping[str, PoolPolicy],
    servers: Mapping[str, Server],
    known: Mapping[str, frozenset[int]],
    *,
    is_only_replica: bool,
) -> Iterator[StrayHolder]:
    """End those of `holders` that are no server connections of their pool; who they were.

    That is who has another role than the pool and, where the site's PgBouncers are `alone`, so
    that no other replica has its own, whoever is not among the pids that are `known` of the pool.
    """
    for name, policy in policies.items():
        ours = known.get(name) if is_only_replica else None
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
