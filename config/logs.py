"""What the log leaves out."""

from __future__ import annotations

import logging


class WithoutTraceback(logging.Filter):
    """One line for what any stranger's request can bring about, where no code is at fault."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.exc_info = None
        return True
