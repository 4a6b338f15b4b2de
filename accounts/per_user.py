"""What an app keeps about a person: one row, which comes with the session's own statement."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from functools import cache
from typing import Any, Self

from django.apps import apps
from django.conf import settings
from django.db import models

from config.database.update_row import Change, upsert, write


class Personal(models.Model):
    """Base of such a row. A person without one has the defaults, so nobody needs to make it."""

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
def models_of_persons() -> list[type[Personal]]:
    return [model for model in apps.get_models() if issubclass(model, Personal)]


@cache
def relations() -> list[str]:
    """The way from a session to its person and to all that the apps keep about the person."""
    return ["user", *(f"user__{model.__name__.lower()}" for model in models_of_persons())]


@contextmanager
def formats_of(user: Any) -> Iterator[None]:
    """Have times in the block read as this person reads them, whoever asks."""
    with ExitStack() as stack:
        for model in models_of_persons():
            stack.enter_context(model.of(user).formats())
        yield
