"""Request bodies that are either JSON or a form with files."""

from __future__ import annotations

from typing import Any, Final

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, QueryDict
from django.http.multipartparser import MultiPartParserError
from django.utils.datastructures import MultiValueDict
from ninja import NinjaAPI
from ninja.errors import HttpError
from ninja.params.models import Body, BodyModel

from config.lib.schemas import ONCE, list_repeated, reject_fields

FORM: Final = "multipart/form-data"


class JsonOrFormModel(BodyModel):
    """Read JSON as ninja does, and forms with the schema's `from_form`."""

    @classmethod
    def get_request_data(
        cls, request: HttpRequest, api: NinjaAPI, path_params: dict[str, Any]
    ) -> dict[str, Any] | None:
        if request.content_type != FORM:
            return super().get_request_data(request, api, path_params)
        name = cls.__read_from_single_attr__
        schema: Any = cls.model_fields[name].annotation
        texts, files = parse_form(request)
        reject_fields(list_repeated(texts, files) - schema.lists, "form", ONCE)
        return {name: schema.from_form(texts, files)}


class JsonOrForm(Body):  # type: ignore[misc]  # final only for type checkers; ninja derives it too
    """Mark the parameter that gets the whole body."""

    _model = JsonOrFormModel

    @classmethod
    def _param_source(cls) -> str:
        return "body"


def parse_form(request: HttpRequest) -> tuple[QueryDict, MultiValueDict[str, UploadedFile[bytes]]]:
    """Parse the form, whatever the HTTP method is."""
    method, request.method = request.method, "POST"  # Django reads the body only for POST
    try:
        return request.POST, request.FILES
    except MultiPartParserError as error:
        raise HttpError(400, "Cannot parse request body") from error
    finally:
        request.method = method
