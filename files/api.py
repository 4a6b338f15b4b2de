"""Files for programs."""

from __future__ import annotations

from ninja import Router

router = Router(tags=["files"], by_alias=True)
