"""Regions: where this host is, and how what writes gets to the primary's region. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

from django.core.exceptions import ImproperlyConfigured

from config.lib.environment import build_error, is_network

WRITES: Final = ("pool", "proxy", "fly-replay")
NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,30}")


@dataclass(frozen=True, kw_only=True)
class Region:
    """This host's region; without a name there are no regions.

    `writes` says what a secondary region does with requests that write: run them over the pool,
    which is far from its server then, let HAProxy forward them to `primary_url`, or ask Fly to
    replay them. `primary_ca` is a file with that URL's authority, by default one of the system's.
    Raise ImproperlyConfigured for values that do not fit together.
    """

    name: str = ""
    primary: str = ""
    writes: str = "pool"
    primary_url: str = ""
    primary_ca: str = ""
    haproxy: bool = True

    def __post_init__(self) -> None:
        self._check_names()
        if not self.name:
            self._check_unused()
        if self.writes != "pool" and self.is_secondary and not self.haproxy:
            raise build_error("REGION_WRITES", self.writes, "HAProxy does this: set HAPROXY=true.")
        if self.forwards or self.primary_url:
            self._check_url()

    def _check_names(self) -> None:
        if bool(self.name) != bool(self.primary):
            raise ImproperlyConfigured(
                "REGION and PRIMARY_REGION belong together: give the region of this host and that "
                "of the primary, or neither."
            )
        for variable, name in (("REGION", self.name), ("PRIMARY_REGION", self.primary)):
            if name and not NAME.fullmatch(name):
                raise build_error(variable, name, "give lower-case letters, digits and hyphens.")

    def _check_unused(self) -> None:
        given = {
            "REGION_WRITES": self.writes != "pool",
            "PRIMARY_URL": self.primary_url,
            "PRIMARY_CA": self.primary_ca,
        }
        for variable in filter(given.get, given):
            raise ImproperlyConfigured(
                f"{variable} has no effect without REGION: give REGION and PRIMARY_REGION, or "
                f"remove {variable}."
            )

    def _check_url(self) -> None:
        try:
            url = self.url
            is_valid = url.scheme in ("http", "https") and url.port != 0 and not url.path
        except ValueError:
            is_valid = False
        if not is_valid or not url.hostname:
            raise build_error(
                "PRIMARY_URL", self.primary_url, "give https://HOST[:PORT] of the primary's region."
            )
        if url.scheme == "https" and is_network(url.hostname):
            raise build_error(
                "PRIMARY_URL", self.primary_url, "give the host name that is in the certificate."
            )

    @property
    def is_secondary(self) -> bool:
        return self.name != self.primary

    @property
    def forwards(self) -> bool:
        return self.is_secondary and self.writes == "proxy"

    @property
    def replays(self) -> bool:
        return self.is_secondary and self.writes == "fly-replay"

    @property
    def url(self) -> SplitResult:
        return urlsplit(self.primary_url.rstrip("/"))


NOWHERE: Final = Region()
