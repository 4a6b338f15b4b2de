"""Divide a pool's budget among the hosts of the site. Pure: every host computes the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Claim:
    """What a host could use now, and the most that it may have: its POOL_*_MAX."""

    host: str
    limit: int
    busy: float
    waiting: float

    @property
    def weight(self) -> float:
        # One more than it uses, so that an idle host keeps a share for the next requests.
        return max(0.0, self.busy) + max(0.0, self.waiting) + 1


def split(budget: int, claims: Sequence[Claim]) -> dict[str, int]:
    """Give each host one connection, and the rest in proportion to the weights.

    Fractions are decided by the largest remainder, then by the host's name. What exceeds a host's
    limit goes to the others. The sum exceeds the budget only if there are more hosts than that.
    """
    shares = {claim.host: 1 for claim in claims}
    rest = max(0, budget - len(shares))
    takers = sorted((claim for claim in claims if claim.limit > 1), key=lambda claim: claim.host)
    while rest and takers:
        quotas = _divide(rest, takers)
        full = [claim for claim in takers if 1 + quotas[claim.host] >= claim.limit]
        if not full:
            return _add_rounded(shares, quotas, rest)
        for claim in full:
            shares[claim.host] = claim.limit
            rest -= claim.limit - 1
        takers = [claim for claim in takers if claim not in full]
    return shares


def _divide(rest: int, claims: Sequence[Claim]) -> dict[str, float]:
    total = sum(claim.weight for claim in claims)
    return {claim.host: rest * claim.weight / total for claim in claims}


def _add_rounded(shares: dict[str, int], quotas: dict[str, float], rest: int) -> dict[str, int]:
    whole = {host: int(quota) for host, quota in quotas.items()}
    left = rest - sum(whole.values())
    by_remainder = sorted(quotas, key=lambda host: (whole[host] - quotas[host], host))
    lucky = set(by_remainder[:left])
    more = {host: number + (host in lucky) for host, number in whole.items()}
    return {host: share + more.get(host, 0) for host, share in shares.items()}
