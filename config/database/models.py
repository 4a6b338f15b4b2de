from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.db import models
from django.db.models.functions import Now

# Seconds after which a host that has not renewed its leases no longer counts.
LEASE_TIME: Final = 15
# After that its rows are removed.
FORGET_AFTER: Final = timedelta(hours=1)


class LeaseQuerySet(models.QuerySet["Lease"]):
    def current(self) -> LeaseQuerySet:
        return self.filter(seen__gt=Now() - timedelta(seconds=LEASE_TIME))

    def forgotten(self) -> LeaseQuerySet:
        return self.filter(seen__lt=Now() - FORGET_AFTER)


class Lease(models.Model):
    """A host's use of a pool, from which each host computes how the budget is divided."""

    host = models.CharField(max_length=253)
    pool = models.CharField(max_length=20)
    limit = models.PositiveIntegerField(help_text="the host's own maximum")
    size = models.PositiveIntegerField()
    busy = models.FloatField()
    waiting = models.FloatField()
    seen = models.DateTimeField()

    objects = LeaseQuerySet.as_manager()

    class Meta:
        db_table = "pool_lease"
        constraints = [models.UniqueConstraint(fields=["host", "pool"], name="one_lease_per_pool")]

    def __str__(self) -> str:
        return f"{self.pool} pool of {self.host}: {self.size}"
