"""The API: authentication, limits and error handlers."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import (
    BadRequest,
    ObjectDoesNotExist,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
    ValidationError,
)
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.http.response import HttpResponseBase
from django.urls import Resolver404
from django.views.decorators.http import require_safe
from ninja import NinjaAPI, Swagger
from ninja import errors as ninja_errors
from ninja.openapi.schema import BODY_CONTENT_TYPES, OpenAPISchema
from ninja.operation import Operation
from ninja.parser import Parser
from ninja.security import SessionAuth
from pydantic.alias_generators import to_camel

from config.database.errors import explain, is_unavailable
from config.lib.error_responses import CODES, Fields, json_error
from config.lib.request_bodies import get_body_size
from config.lib.schemas import Fault
from config.observe.events import Refusal
from config.observe.refusals import find_refusal
from files.api import router as files
from files.objects import StorageError, is_full
from onboarding.api import experts
from onboarding.api import router as onboarding
from profiles.api import router as profile
from tours.api import router as tour

logger = logging.getLogger(__name__)

# In a request's JSON. Each invalid value adds an error of about a kilobyte.
MAX_VALUES: Final = 10_000
WRITE_ERRORS: Final = (DatabaseError, ObjectDoesNotExist, StorageError)

Handler = Callable[..., HttpResponseBase]


class FirstPasswordError(Exception):
    """The user has to replace the first password, which an administrator chose."""


class SignedIn(SessionAuth):
    """Authenticate by the site's session; 401 comes before the CSRF check."""

    def __call__(self, request: HttpRequest) -> Any | None:
        if not request.user.is_authenticated:
            return None
        if request.user.must_change_password:
            raise FirstPasswordError
        return super().__call__(request)


class UnicodeParser(Parser):
    """Reject JSON with too many values or with lone surrogates, which PostgreSQL cannot store."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        data = super().parse_body(request)
        if count_values(data) > MAX_VALUES:
            raise TooManyFieldsSent
        json.dumps(data, ensure_ascii=False).encode()
        return data


def count_values(data: Any) -> int:
    inner = data.values() if isinstance(data, dict) else data if isinstance(data, list) else ()
    return 1 + sum(map(count_values, inner))


class Api(NinjaAPI):
    """Deleted user: 401; outage: 503. Documents the error responses of every operation."""

    def on_exception(self, request: HttpRequest, exc: Any) -> HttpResponse:
        if is_unavailable(exc):
            return handle_outage(request, exc)
        error = ninja_errors.AuthenticationError() if is_user_deleted(request, exc) else exc
        return super().on_exception(request, error)

    def get_openapi_schema(self, **kwargs: Any) -> OpenAPISchema:
        document = super().get_openapi_schema(**kwargs)
        schemas = document["components"]["schemas"]
        schemas["Fault"] = Fault.model_json_schema(mode="serialization")
        for methods in document["paths"].values():
            for operation in methods.values():
                operation["responses"] |= ERROR_RESPONSES
        return document


def describe_error(code: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Fault"}
    return {"description": code, "content": {"application/json": {"schema": schema}}}


ERROR_RESPONSES: Final = {status: describe_error(code) for status, code in CODES.items()}


def list_content_types(operation: Operation) -> set[str]:
    sources = {model.__ninja_param_source__ for model in operation.models}
    extra = operation.openapi_extra or {}
    documented = set(extra.get("requestBody", {}).get("content", {}))
    return documented | {BODY_CONTENT_TYPES[name] for name in sources & BODY_CONTENT_TYPES.keys()}


def check_body(handler: Handler) -> Handler:
    """Answer 415 or 413 to an unsuitable body before it is read."""
    operation: Operation = handler.__self__  # type: ignore[attr-defined]  # a bound method
    types = list_content_types(operation)

    @wraps(handler)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        has_body = request.META.get("CONTENT_LENGTH") not in (None, "", "0")
        if has_body and types and request.content_type not in types:
            return json_error(415, f"Send {' or '.join(sorted(types))}.")
        return reject_large_body(request, operation) or handler(request, *args, **kwargs)

    return wrapper


def reject_large_body(request: HttpRequest, operation: Operation) -> HttpResponse | None:
    """Return 413 for a body above the user's limits; anonymous users get 401 elsewhere."""
    size, limit = get_body_size(request), settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    if size <= limit or not request.user.is_authenticated:
        return None
    uploads = getattr(operation.view_func, "uploads", None)
    if uploads is None or request.content_type != BODY_CONTENT_TYPES["file"]:
        return json_error(413, f"The request is larger than {limit // 1_000_000} MB.")
    try:
        uploads.check(request.user, size)
    except ValidationError as error:
        return json_error(413, " ".join(error.messages))
    return None


api = Api(
    title="AI4CEO",
    version="1",
    urls_namespace="api",
    auth=SignedIn(),
    docs=Swagger(settings={"validatorUrl": None}),
    docs_decorator=require_safe,
    parser=UnicodeParser(),
)
api.add_decorator(check_body, mode="view")
api.add_router("/profile", profile)
api.add_router("/onboarding", onboarding)
api.add_router("/experts", experts)
api.add_router("/tour", tour)
api.add_router("/files", files)


@api.exception_handler(ninja_errors.HttpError)
def handle_http_error(request: HttpRequest, error: ninja_errors.HttpError) -> HttpResponse:
    return json_error(error.status_code, error.message)


@api.exception_handler(ninja_errors.AuthenticationError)
def handle_authentication_error(
    request: HttpRequest, error: ninja_errors.AuthenticationError
) -> HttpResponse:
    return json_error(401, "Sign in first.")


@api.exception_handler(FirstPasswordError)
def handle_first_password(request: HttpRequest, error: FirstPasswordError) -> HttpResponse:
    return json_error(403, "Choose your own password first.", code="password_change_required:auth")


@api.exception_handler(PermissionDenied)
def handle_permission_denied(request: HttpRequest, error: PermissionDenied) -> HttpResponse:
    return json_error(403, str(error) or "You do not have permission to do this.")


@api.exception_handler(Http404)
def handle_not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    is_unknown_path = isinstance(error, Resolver404)
    return json_error(404, "Nothing is at this URL." if is_unknown_path else "Not found.")


@api.exception_handler(RequestDataTooBig)
@api.exception_handler(TooManyFieldsSent)
@api.exception_handler(TooManyFilesSent)
def handle_too_large(request: HttpRequest, error: SuspiciousOperation) -> HttpResponse:
    return json_error(413, "The request is too large.")


@api.exception_handler(BadRequest)
@api.exception_handler(UnreadablePostError)
@api.exception_handler(SuspiciousOperation)
@api.exception_handler(MultiPartParserError)
def handle_bad_request(request: HttpRequest, error: Exception) -> HttpResponse:
    return json_error(400, "The request could not be read.")


@api.exception_handler(ninja_errors.ValidationError)
def handle_schema_error(request: HttpRequest, error: ninja_errors.ValidationError) -> HttpResponse:
    fields: Fields = {}
    for item in error.errors:
        fields.setdefault(_get_field_name(item["loc"]), []).append(item["msg"])
    return _respond_invalid(fields)


@api.exception_handler(ValidationError)
def handle_validation_error(request: HttpRequest, error: ValidationError) -> HttpResponse:
    if not hasattr(error, "error_dict"):
        return json_error(422, " ".join(error.messages))
    return _respond_invalid(
        {to_camel(name): messages for name, messages in error.message_dict.items()}
    )


@api.exception_handler(StorageError)
def handle_storage_error(request: HttpRequest, error: StorageError) -> HttpResponse:
    message, code = str(error), "unavailable:storage"
    return json_error(503, message, code=code, refusal=Refusal.STORAGE)


def handle_outage(request: HttpRequest, error: BaseException) -> HttpResponse:
    logger.error("%s: %s", request.path, explain(error))
    message = "The database is busy. Try again in a moment."
    return json_error(503, message, refusal=find_refusal(error))


@api.exception_handler(Exception)
def handle_exception(request: HttpRequest, error: Exception) -> HttpResponse:
    logger.error("%s", request.path, exc_info=error)
    if is_full(error):
        return handle_storage_error(request, StorageError())
    return json_error(500, "Something went wrong on our side. The error has been logged.")


def is_user_deleted(request: HttpRequest, error: BaseException | None) -> bool:
    """Return whether a write or lookup failed because the user was deleted during the request."""
    if not isinstance(error, WRITE_ERRORS) or is_unavailable(error):
        return False
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return False
    return not get_user_model()._default_manager.filter(pk=user.pk).exists()


def _respond_invalid(fields: Fields) -> HttpResponse:
    return json_error(422, "Some fields are not valid.", fields)


def _get_field_name(location: tuple[str | int, ...]) -> str:
    """Return the field's name without the location's prefix.

    `location` starts with the part of the request; in a body, the parameter's name follows.
    """
    source, *names = location
    if source == "body":
        names = names[1:]
    return ".".join(map(str, names)) or str(source)
