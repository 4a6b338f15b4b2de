"""Uploads on their way: the larger ones wait in temporary files, whose disk may be full."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler

from files.objects import StorageError

logger = logging.getLogger(__name__)


class TemporaryFile(TemporaryFileUploadHandler):
    """Django's; where there is no room for a file, all the request is refused, by StorageError.

    It is read to its end before: who is still sending would not hear the answer.
    """

    error: OSError | None = None

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        if not self.error:
            with self.noticing():
                super().new_file(*args, **kwargs)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if not self.error:
            with self.noticing():
                self.file.write(raw_data)

    def file_complete(self, file_size: int) -> UploadedFile[bytes] | None:
        if not self.error:
            with self.noticing():
                return super().file_complete(file_size)
        return None

    @contextmanager
    def noticing(self) -> Iterator[None]:
        """Remember that there was no room, and make what there is of the file's."""
        try:
            yield
        except OSError as error:
            self.error = error
            with suppress(OSError):  # what is still to be written finds no room either
                self.upload_interrupted()

    def upload_complete(self) -> None:
        if self.error:
            logger.error("an upload found no room for its temporary file: %s", self.error)
            raise StorageError from self.error
