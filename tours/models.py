from __future__ import annotations

from django.db import models

from accounts.per_user import PerUser


class Tour(PerUser):
    """Whether the user has answered the offer of a tour, by starting or declining it."""

    answered = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"tour of {self.user}"
