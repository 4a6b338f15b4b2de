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
    def for_user(cls, user: Any) -> Self:
        """Return the user's row, or an unsaved one with the defaults."""
        try:
            row: Self = getattr(user, cls.__name__.lower())
        except cls.DoesNotExist:
            return cls(user=user)
        return row

    def use_formats(self) -> AbstractContextManager[None]:
        return nullcontext()

    def store(self, **values: Any) -> None:
        """Save these values with one statement, whether the row exists or not."""
        write(self.build_change(**values))

    def build_change(self, **values: Any) -> Change:
        """Set these values on the row and return the change that writes them."""
        for name, value in values.items():
            setattr(self, name, value)
        return upsert(type(self), self.pk, values)


@cache
def list_session_models() -> list[type[PerUser]]:
    return [cast("type[PerUser]", apps.get_model(label)) for label in settings.SESSION_MODELS]


@cache
def list_relations() -> list[str]:
    return ["user", *(f"user__{model.__name__.lower()}" for model in list_session_models())]


@contextmanager
def use_formats_of(user: Any) -> Iterator[None]:
    """Use this user's formats of dates and times in the block, not the requesting user's."""
    with ExitStack() as stack:
        for model in list_session_models():
            stack.enter_context(model.for_user(user).use_formats())
        yield
