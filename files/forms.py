from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.text import capfirst

from accounts.models import User
from config.lib.local_formats import local_size
from files.file_types import list_allowed_kinds
from files.models import File
from files.objects import StorageError
from files.uploads import upload


class FilesInput(forms.FileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files; `files.uploads` validates each of them."""

    widget = FilesInput
    default_error_messages = {
        "required": "Choose at least one file.",
        "too_many": "You can upload at most %(most)d files at once. Nothing was uploaded.",
    }

    def clean(
        self, data: Sequence[UploadedFile[bytes]], initial: Any = None
    ) -> list[UploadedFile[bytes]]:
        if not data:
            raise ValidationError(self.error_messages["required"], code="required")
        if len(data) > settings.FILES_AT_ONCE:
            most = {"most": settings.FILES_AT_ONCE}
            raise ValidationError(self.error_messages["too_many"], "too_many", most)
        return list(data)


class UploadForm(forms.Form):
    """Upload files from a page. Each one succeeds or fails on its own."""

    file = FilesField(label="Upload files")
    storage_error: StorageError | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = list_allowed_kinds()
        endings = [f".{extension}" for kind in kinds for extension in kind.extensions]
        labels = capfirst(", ".join(kind.label for kind in kinds))
        size = local_size(settings.FILE_MAX_SIZE)
        field = self.fields["file"]
        field.widget.attrs["accept"] = ",".join(endings)
        field.help_text = f"{labels}; each up to {size}, {settings.FILES_AT_ONCE} at once."

    def save(self, user: User) -> list[File]:
        return [file for sent in self.cleaned_data["file"] if (file := self._upload(user, sent))]

    def _upload(self, user: User, sent: UploadedFile[bytes]) -> File | None:
        try:
            return upload(user, sent)
        except StorageError as error:
            self.storage_error = error
            self.add_error("file", f"{sent.name}: {error}")
        except ValidationError as error:
            self.add_error("file", f"{sent.name}: {' '.join(error.messages)}")
        return None
