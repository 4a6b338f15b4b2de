"""The tour for programs."""

from __future__ import annotations

from ninja import Router

router = Router(tags=["tour"], by_alias=True)
