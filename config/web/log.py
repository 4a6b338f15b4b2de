"""gunicorn's log, in lines that nobody else can write."""

from __future__ import annotations

from typing import Any

from gunicorn.glogging import Logger

from config.logs import Line


class LineLogger(Logger):  # type: ignore[misc]
    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(Line(self.error_fmt, self.datefmt))
