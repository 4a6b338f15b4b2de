"""What the API's data has in common: camelCase outside, Python's names inside."""

from __future__ import annotations

import ninja
from pydantic import ConfigDict
from pydantic.alias_generators import to_camel


class Schema(ninja.Schema):
    """Base of every answer; its router needs `by_alias=True` to answer in camelCase."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class Body(Schema):
    """Base of every request's JSON: no value is taken for another type's, no unknown key is
    passed over. What the values may be is for the models to say."""

    model_config = ConfigDict(strict=True, extra="forbid")


class Fault(Schema):
    """Every refusal; `fields` says what is wrong with each field of the request."""

    code: str
    message: str
    fields: dict[str, list[str]]
