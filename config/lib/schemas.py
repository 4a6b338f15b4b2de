"""Base schemas of the API: camelCase in JSON, snake_case in Python."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from typing import Any, Final

import ninja
from django.utils.datastructures import MultiValueDict
from ninja.errors import ValidationError
from pydantic import AliasGenerator, BeforeValidator, ConfigDict, ValidationInfo, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

ONCE: Final = "Give it once."


class Schema(ninja.Schema):
    """Base of response schemas; the router needs `by_alias=True` for camelCase.

    They are built by the names in Python: ninja is slow to find that a row has no camelCase name.
    """

    model_config = ConfigDict(alias_generator=AliasGenerator(serialization_alias=to_camel))


class Body(ninja.Schema):
    """Base of JSON request bodies: strict types, no unknown keys. Models validate the values."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, strict=True, extra="forbid"
    )


def check_digits(value: Any) -> Any:
    # pydantic would also accept 1.0, +1 and 1_0.
    if isinstance(value, str) and not re.fullmatch("[0-9]{1,9}", value):
        raise PydanticCustomError("digits", "Give a whole number.")
    return value


Digits = BeforeValidator(check_digits)


class Parameters(ninja.Schema):
    """Base of query parameters: no unknown and no repeated names."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    @model_validator(mode="before")
    @classmethod
    def _reject_unknown_and_repeated(cls, values: Any, info: ValidationInfo) -> Any:
        request = (info.context or {}).get("request")
        if request is not None:
            names = {field.alias or name for name, field in cls.model_fields.items()}
            reject_fields(request.GET.keys() - names, "query", "This parameter is unknown.")
            reject_fields(list_repeated(request.GET), "query", ONCE)
        return values


def list_repeated(*parts: MultiValueDict[str, Any]) -> set[str]:
    count = Counter(name for part in parts for name in part for _ in part.getlist(name))
    return {name for name in count if count[name] > 1}


def reject_fields(names: Collection[str], source: str, message: str) -> None:
    """Raise ninja's ValidationError if there are any names."""
    if names:
        raise ValidationError([{"loc": (source, name), "msg": message} for name in sorted(names)])


class Fault(Schema):
    """Error response; `fields` maps each invalid field to its messages."""

    code: str
    message: str
    fields: dict[str, list[str]]
    request_id: str
