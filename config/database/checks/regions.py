"""System checks of a host in one of several regions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from django.apps import AppConfig
from django.conf import settings
from django.core import checks

from config.database.checks.databases import TAG

E131: Final = checks.Error(
    "This host is in a secondary region, but has no replica to read from.",
    hint="Give the region's replica in POSTGRES_READ_URL, or set REGION to PRIMARY_REGION.",
    id="pool.E131",
)
W131: Final = checks.Warning(
    "There are regions, but HOSTS is 1, so that hosts cannot divide the budget by their load.",
    hint="Set HOSTS to the number of all regions' hosts on each of them.",
    id="pool.W131",
)


@checks.register(TAG)
def check_region(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[checks.CheckMessage]:
    return list(find_mistakes())


def find_mistakes() -> Iterator[checks.CheckMessage]:
    if settings.REGION.is_secondary and not settings.READ_POOLS:
        yield E131
    if settings.REGION.name and settings.HOSTS == 1:
        yield W131
