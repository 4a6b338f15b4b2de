"""What the API's data has in common: camelCase outside, Python's names inside."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from typing import Any, Final

import ninja
from django.utils.datastructures import MultiValueDict
from ninja.errors import ValidationError
from pydantic import BeforeValidator, ConfigDict, ValidationInfo, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

ONCE: Final = "Give it once."


class Schema(ninja.Schema):
    """Base of every answer; its router needs `by_alias=True` to answer in camelCase."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class Body(Schema):
    """Base of every request's JSON: no value is taken for another type's, no unknown key is
    passed over. What the values may be is for the models to say."""

    model_config = ConfigDict(strict=True, extra="forbid")


def digits(value: Any) -> Any:
    """A number as it is written in an address: pydantic would take 1.0, +1 and 1_0 as well."""
    if isinstance(value, str) and not re.fullmatch("[0-9]{1,9}", value):
        raise PydanticCustomError("digits", "Give a whole number.")
    return value


Digits = BeforeValidator(digits)


class Parameters(Schema):
    """Base of what an address says after its question mark: no unknown name, none twice."""

    @model_validator(mode="before")
    @classmethod
    def _only_these(cls, values: Any, info: ValidationInfo) -> Any:
        request = (info.context or {}).get("request")
        if request is not None:
            names = {field.alias or name for name, field in cls.model_fields.items()}
            refuse(request.GET.keys() - names, "query", "This parameter is unknown.")
            refuse(repeated(request.GET), "query", ONCE)
        return values


def repeated(*parts: MultiValueDict[str, Any]) -> set[str]:
    """The names that occur more than once."""
    count = Counter(name for part in parts for name in part for _ in part.getlist(name))
    return {name for name in count if count[name] > 1}


def refuse(names: Collection[str], source: str, message: str) -> None:
    """Raise ninja's ValidationError for these names, if there are any."""
    if names:
        raise ValidationError([{"loc": (source, name), "msg": message} for name in sorted(names)])


class Fault(Schema):
    """Every refusal; `fields` says what is wrong with each field of the request."""

    code: str
    message: str
    fields: dict[str, list[str]]
