"""The site's settings with the overrides of the variant in BENCHMARK_VARIANT."""

from __future__ import annotations

import os

from django.core.exceptions import ImproperlyConfigured

from bench.overrides import OVERRIDES
from config import settings as site

_key = os.environ.get("BENCHMARK_VARIANT", "")
if _key not in OVERRIDES:
    raise ImproperlyConfigured("These settings are for the benchmark only: use config.settings.")
_shipped = {name: getattr(site, name) for name in dir(site) if name.isupper()}
vars().update(_shipped | OVERRIDES[_key](_shipped))
