"""Uploads on their way: the larger ones wait in temporary files, whose disk may be full."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final, cast

from django.conf import settings
from django.core.exceptions import TooManyFieldsSent
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, TemporaryFileUploadHandler
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParser
from django.http.response import HttpResponseBase

from config.lib.text import to_plain_line
from files.objects import StorageError

logger = logging.getLogger(__name__)

# A form with files is a few fields, and no more files than are refused with words.
MAX_UPLOAD_PARTS: Final = 200
UNFINISHED: Final = "files.unfinished"


def close_unfinished_upload(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Close the file whose end never came; the others are closed with the answer."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        try:
            return get_response(request)
        finally:
            if file := request.META.pop(UNFINISHED, None):
                with suppress(OSError):
                    file.close()

    return middleware


class PartCounter:
    """A form on its way, which is refused when it has had too many parts, named or not."""

    def __init__(self, source: Any, boundary: bytes, most: int) -> None:
        self._source, self._boundary, self._left, self._end = source, boundary, most, b""

    def read(self, *size: int) -> bytes:
        data: bytes = self._source.read(*size)
        seen = self._end + data
        self._left -= seen.count(self._boundary)
        if self._left < 0:
            raise TooManyFieldsSent
        self._end = seen[-(len(self._boundary) - 1) :]
        return data


def get_max_parts(size: int) -> int:
    if size > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        return MAX_UPLOAD_PARTS
    return settings.DATA_UPLOAD_MAX_NUMBER_FIELDS + settings.DATA_UPLOAD_MAX_NUMBER_FILES


class NamePreservingParser(MultiPartParser):
    """Django's would decode HTML entities in a name, and remove joiners and blanks that are not
    ASCII."""

    def sanitize_file_name(self, file_name: str) -> str | None:
        file_name = file_name.replace("%22", '"')  # as browsers send a quotation mark
        name = to_plain_line(file_name.replace("\\", "/").rpartition("/")[2])
        return None if name in {"", ".", ".."} else name


class NamePreservingHandler(FileUploadHandler):
    """The first of the handlers: it has the others served by a parser that keeps names,
    and all parts counted, of which Django passes over those without a name."""

    def handle_raw_input(
        self,
        input_data: Any,
        META: dict[str, Any],  # noqa: N803  Django's name
        content_length: int,
        boundary: Any,
        encoding: str | None = None,
    ) -> Any:
        handlers = self.request.upload_handlers if self.request else []
        others = [handler for handler in handlers if handler is not self]
        counted: Any = PartCounter(input_data, b"--" + boundary, get_max_parts(content_length))
        return NamePreservingParser(META, counted, others, encoding).parse()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None


class UnnamedTemporaryFile(UploadedFile):  # type: ignore[type-arg]
    """A file on its way, which no folder names: it is gone with its process, at the latest."""

    def __init__(self, sent: FileUploadHandler) -> None:
        super().__init__(
            tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR),  # noqa: SIM115  it is kept
            sent.file_name,
            sent.content_type,
            0,
            sent.charset,
            sent.content_type_extra,
        )


class TemporaryFileHandler(TemporaryFileUploadHandler):
    """Django's; where there is no room for a file, all the request is refused, by StorageError.

    It is read to its end before: who is still sending would not hear the answer.
    """

    error: OSError | None = None
    file: Any = None

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        if not self.error:
            with self.record_error():
                FileUploadHandler.new_file(self, *args, **kwargs)
                self.file = UnnamedTemporaryFile(self)
                if self.request:
                    self.request.META[UNFINISHED] = self.file

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if not self.error:
            with self.record_error():
                self.file.write(raw_data)

    def file_complete(self, file_size: int) -> UploadedFile[bytes] | None:
        if not self.error:
            with self.record_error():
                self.file.seek(0)
                self.file.size = file_size
                if self.request:
                    self.request.META.pop(UNFINISHED, None)
                return cast("UnnamedTemporaryFile", self.file)
        return None

    @contextmanager
    def record_error(self) -> Iterator[None]:
        """Remember that there was no room, and make what there is of the file's."""
        try:
            yield
        except OSError as error:
            self.error = error
            with suppress(OSError):  # what is still to be written finds no room either
                if self.file is not None:
                    self.file.close()

    def upload_complete(self) -> None:
        if self.error:
            logger.error("an upload found no room for its temporary file: %s", self.error)
            raise StorageError from self.error
