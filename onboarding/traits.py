"""The manners that people can wish for in their assistant."""

from __future__ import annotations

from django.db import models


class Trait(models.TextChoices):
    FRIENDLY = "friendly", "Friendly"
    CONCISE = "concise", "Concise"
    CURIOUS = "curious", "Curious"
    EMPATHETIC = "empathetic", "Empathetic"
    DIRECT = "direct", "Direct"
    SUPPORTIVE = "supportive", "Supportive"
