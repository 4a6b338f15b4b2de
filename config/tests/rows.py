"""Compare the contents of the database, except for times, random keys and secrets."""

from __future__ import annotations

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    BooleanField,
    CharField,
    DateTimeField,
    ForeignKey,
    IntegerField,
    JSONField,
    TextField,
)

from accounts.models import Act
from config.tests.fixtures import KEPT

COMPARED = (ArrayField, BooleanField, CharField, IntegerField, JSONField, TextField)
# Tokens, codes and keys, which always differ.
RANDOM = {
    "body",
    "message_id",
    "object_id",
    "password",
    "session_data",
    "session_key",
    "tried_password",
}


def read_rows():
    """Return each model's rows: visible values, and whether times and relations are set."""
    models = [one for one in apps.get_models() if one is not Act and one._meta.db_table not in KEPT]
    return {model._meta.label: sorted(map(repr, read_model_rows(model))) for model in models}


def read_model_rows(model):
    fields = [field for field in model._meta.concrete_fields if is_compared(field)]
    for row in model._base_manager.values_list(*(field.attname for field in fields), "pk"):
        yield [
            value is not None if isinstance(field, (DateTimeField, ForeignKey)) else value
            for field, value in zip(fields, row[:-1], strict=True)
        ]


def is_compared(field):
    kind = isinstance(field, (*COMPARED, DateTimeField, ForeignKey))
    return kind and not field.primary_key and field.name not in RANDOM
