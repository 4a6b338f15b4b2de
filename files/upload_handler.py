"""Receive uploads; large ones go to temporary files, whose disk may be full."""

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

# A form has a few fields and some files; more than FILES_AT_ONCE files get a proper message.
MAX_UPLOAD_PARTS: Final = 200
UNFINISHED: Final = "files.unfinished"


def close_unfinished_upload(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Close the temporary file of an interrupted upload. Django closes complete ones."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        try:
            return get_response(request)
        finally:
            if file := request.META.pop(UNFINISHED, None):
                with suppress(OSError):
                    file.close()

    return middleware


class PartCounter:
    """An input stream that raises TooManyFieldsSent after too many parts, named or not."""

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
    """Django decodes HTML entities in names and removes non-ASCII joiners and spaces."""

    def sanitize_file_name(self, file_name: str) -> str | None:
        file_name = file_name.replace("%22", '"')  # as browsers encode a quotation mark
        name = to_plain_line(file_name.replace("\\", "/").rpartition("/")[2])
        return None if name in {"", ".", ".."} else name


class NamePreservingHandler(FileUploadHandler):
    """Placed first: parse for the other handlers without changing names, and count all parts."""

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


class UnnamedTemporaryFile(UploadedFile):  # type: ignore[type-arg]  # generic in the stubs only
    """A temporary file without a name, which ends with its process at the latest."""

    def __init__(self, sent: FileUploadHandler) -> None:
        super().__init__(
            tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR),  # noqa: SIM115  closed by the request
            sent.file_name,
            sent.content_type,
            0,
            sent.charset,
            sent.content_type_extra,
        )


class TemporaryFileHandler(TemporaryFileUploadHandler):
    """Raise StorageError if the disk is full.

    The request is read to its end first: a client that is still sending would not read the
    response.
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
        try:
            yield
        except OSError as error:
            self.error = error
            with suppress(OSError):  # flushing fails too
                if self.file is not None:
                    self.file.close()

    def upload_complete(self) -> None:
        if self.error:
            logger.error("could not write the temporary file of an upload: %s", self.error)
            raise StorageError from self.error
