"""One row per user, which the session's statement reads along with the session."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from functools import cache
from typing import Any, Self, cast

from django.apps import apps
from django.conf import settings
from django.db import models

from config.database.writes import Change, upsert, write


class PerUser(models.Model):
    """Base of a model with one row per user; a user without a row has the defaults.

    List the model in SESSION_MODELS.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="%(class)s",
        editable=False,
    )

    class Meta:
        abstract = True

    @classmethod
    def of(cls, user: Any) -> Self:
        """The person's row, or one with the defaults that is not stored yet."""
        try:
            row: Self = getattr(user, cls.__name__.lower())
        except cls.DoesNotExist:
            return cls(user=user)
        return row

    def formats(self) -> AbstractContextManager[None]:
        """What the row says of how the person reads times, for a block."""
        return nullcontext()

    def store(self, **values: Any) -> None:
        """Write these values, be there a row already or not: one statement."""
        write(self.change(**values))

    def change(self, **values: Any) -> Change:
        """Have these values here, and as a change to be written."""
        for name, value in values.items():
            setattr(self, name, value)
        return upsert(type(self), self.pk, values)


@cache
def session_models() -> list[type[PerUser]]:
    """The models of SESSION_MODELS; a system check compares them with those there are."""
    return [cast("type[PerUser]", apps.get_model(label)) for label in settings.SESSION_MODELS]


@cache
def relations() -> list[str]:
    """What the session's statement joins: the user, and the user's row of each session model."""
    return ["user", *(f"user__{model.__name__.lower()}" for model in session_models())]


@contextmanager
def formats_of(user: Any) -> Iterator[None]:
    """Have times in the block read as this person reads them, whoever asks."""
    with ExitStack() as stack:
        for model in session_models():
            stack.enter_context(model.of(user).formats())
        yield
