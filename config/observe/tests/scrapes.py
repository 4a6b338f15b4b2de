"""A scrape of an exporter, parsed as OpenMetrics."""

import time

from prometheus_client.openmetrics.exposition import generate_latest
from prometheus_client.openmetrics.parser import text_string_to_metric_families


class Scrape:
    """The samples of one scrape, and how long it took."""

    def __init__(self, text, seconds=0.0):
        self.text, self.seconds = text, seconds
        families = list(text_string_to_metric_families(text))
        self.samples = [sample for family in families for sample in family.samples]

    @classmethod
    def of(cls, registry):
        began = time.monotonic()
        text = generate_latest(registry).decode()
        return cls(text, time.monotonic() - began)

    def get(self, name, **labels):
        """Return the value of the one sample with these labels among others."""
        (value,) = self.list(name, **labels)
        return value

    def list(self, name, **labels):
        return [
            sample.value
            for sample in self.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        ]
