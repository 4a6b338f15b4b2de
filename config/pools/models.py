from __future__ import annotations

from typing import Any, Final

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType

VIEW_POOLS: Final = "pools.view_pools"


class PoolAction(LogEntry):
    """An entry of the admin's history about a pool; has the page's permission, without a table."""

    class Meta:
        proxy = True
        verbose_name = "pool"
        verbose_name_plural = "pools"
        default_permissions = ()
        permissions = [("view_pools", "Can view the page of the pools")]

    @classmethod
    def log(cls, user: Any, pool: str, done: str) -> None:
        kind = ContentType.objects.get_for_model(cls, for_concrete_model=False)
        cls.objects.create(
            user=user,
            content_type=kind,
            object_id=pool,
            object_repr=f"{pool} pool: {done}",
            action_flag=CHANGE,
            change_message=done,
        )
