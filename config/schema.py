"""What the API's data has in common: camelCase outside, Python's names inside."""

from __future__ import annotations

import ninja
from pydantic import ConfigDict
from pydantic.alias_generators import to_camel


class Schema(ninja.Schema):
    """Base of every schema; its router needs `by_alias=True` to answer in camelCase."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)
