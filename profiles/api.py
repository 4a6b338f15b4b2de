"""The profile for programs."""

from __future__ import annotations

from ninja import Router

router = Router(tags=["profile"], by_alias=True)
