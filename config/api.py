"""The one API: who may ask, and the one shape of every refusal."""

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
from files.api import router as files
from files.objects import StorageError, is_full
from onboarding.api import experts
from onboarding.api import router as onboarding
from profiles.api import router as profile
from tours.api import router as tour

logger = logging.getLogger(__name__)

# Of JSON in a request: each that is wrong is an error of its own, which takes a kilobyte.
MOST_VALUES: Final = 10_000
FAILED: Final = (DatabaseError, ObjectDoesNotExist, StorageError)

Run = Callable[..., HttpResponseBase]


class FirstPasswordError(Exception):
    """The person still has the password that somebody else chose."""


class SignedIn(SessionAuth):
    """The site's session; who has none is told so, before any talk of CSRF."""

    def __call__(self, request: HttpRequest) -> Any | None:
        if not request.user.is_authenticated:
            return None
        if request.user.must_change_password:
            raise FirstPasswordError
        return super().__call__(request)


class UnicodeParser(Parser):
    """JSON whose texts are texts: half of a surrogate pair is none, and fits no database."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        data = super().parse_body(request)
        if values(data) > MOST_VALUES:
            raise TooManyFieldsSent
        json.dumps(data, ensure_ascii=False).encode()
        return data


def values(data: Any) -> int:
    """How many values a JSON document has, on all levels."""
    inner = data.values() if isinstance(data, dict) else data if isinstance(data, list) else ()
    return 1 + sum(map(values, inner))


class Api(NinjaAPI):
    """ninja's, which documents the refusals of every operation as well, takes who has no
    account any more for a stranger, and blames nobody for an outage."""

    def on_exception(self, request: HttpRequest, exc: Any) -> HttpResponse:
        if is_unavailable(exc):
            return unavailable(request, exc)
        error = ninja_errors.AuthenticationError() if user_is_deleted(request, exc) else exc
        return super().on_exception(request, error)

    def get_openapi_schema(self, **kwargs: Any) -> OpenAPISchema:
        document = super().get_openapi_schema(**kwargs)
        schemas = document["components"]["schemas"]
        schemas["Fault"] = Fault.model_json_schema()
        for methods in document["paths"].values():
            for operation in methods.values():
                operation["responses"] |= REFUSALS
        return document


def refusal(code: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Fault"}
    return {"description": code, "content": {"application/json": {"schema": schema}}}


REFUSALS: Final = {status: refusal(code) for status, code in CODES.items()}


def content_types(operation: Operation) -> set[str]:
    """What the document says that the operation's body may be."""
    sources = {model.__ninja_param_source__ for model in operation.models}
    extra = operation.openapi_extra or {}
    documented = set(extra.get("requestBody", {}).get("content", {}))
    return documented | {BODY_CONTENT_TYPES[name] for name in sources & BODY_CONTENT_TYPES.keys()}


def refusing_other_bodies(run: Run) -> Run:
    """Have the operation answer 415 or 413 before anything reads a body that it does not take."""
    operation: Operation = run.__self__  # type: ignore[attr-defined]
    types = content_types(operation)

    @wraps(run)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        has_body = request.META.get("CONTENT_LENGTH") not in (None, "", "0")
        if has_body and types and request.content_type not in types:
            return json_error(415, f"Send {' or '.join(sorted(types))}.")
        return body_refused(request, operation) or run(request, *args, **kwargs)

    return wrapped


def body_refused(request: HttpRequest, operation: Operation) -> HttpResponse | None:
    """The refusal of a body that this person may not send; a stranger's is refused anyway."""
    size, plain = get_body_size(request), settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    if size <= plain or not request.user.is_authenticated:
        return None
    uploads = getattr(operation.view_func, "uploads", None)
    if uploads is None or request.content_type != BODY_CONTENT_TYPES["file"]:
        return json_error(413, f"The request is larger than {plain // 1_000_000} MB.")
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
api.add_decorator(refusing_other_bodies, mode="view")
api.add_router("/profile", profile)
api.add_router("/onboarding", onboarding)
api.add_router("/experts", experts)
api.add_router("/tour", tour)
api.add_router("/files", files)


@api.exception_handler(ninja_errors.HttpError)
def refused(request: HttpRequest, error: ninja_errors.HttpError) -> HttpResponse:
    return json_error(error.status_code, error.message)


@api.exception_handler(ninja_errors.AuthenticationError)
def not_signed_in(request: HttpRequest, error: ninja_errors.AuthenticationError) -> HttpResponse:
    return json_error(401, "Sign in first.")


@api.exception_handler(FirstPasswordError)
def first_password(request: HttpRequest, error: FirstPasswordError) -> HttpResponse:
    return json_error(403, "Choose your own password first.", code="password_change_required:auth")


@api.exception_handler(PermissionDenied)
def forbidden(request: HttpRequest, error: PermissionDenied) -> HttpResponse:
    return json_error(403, str(error) or "You do not have permission to do this.")


@api.exception_handler(Http404)
def not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    is_unknown_path = isinstance(error, Resolver404)
    return json_error(404, "There is nothing at this address." if is_unknown_path else "Not found.")


@api.exception_handler(RequestDataTooBig)
@api.exception_handler(TooManyFieldsSent)
@api.exception_handler(TooManyFilesSent)
def too_large(request: HttpRequest, error: SuspiciousOperation) -> HttpResponse:
    return json_error(413, "The request is too large.")


@api.exception_handler(BadRequest)
@api.exception_handler(UnreadablePostError)
@api.exception_handler(SuspiciousOperation)
@api.exception_handler(MultiPartParserError)
def malformed(request: HttpRequest, error: Exception) -> HttpResponse:
    return json_error(400, "The request could not be read.")


@api.exception_handler(ninja_errors.ValidationError)
def mistyped(request: HttpRequest, error: ninja_errors.ValidationError) -> HttpResponse:
    fields: Fields = {}
    for one in error.errors:
        fields.setdefault(_field(one["loc"]), []).append(one["msg"])
    return _invalid(fields)


@api.exception_handler(ValidationError)
def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    if not hasattr(error, "error_dict"):
        return json_error(422, " ".join(error.messages))
    return _invalid({to_camel(name): messages for name, messages in error.message_dict.items()})


@api.exception_handler(StorageError)
def storage_unavailable(request: HttpRequest, error: StorageError) -> HttpResponse:
    return json_error(503, str(error), code="unavailable:storage")


def unavailable(request: HttpRequest, error: BaseException) -> HttpResponse:
    logger.error("%s: %s", request.path, explain(error))
    return json_error(503, "The database is busy. Try again in a moment.")


@api.exception_handler(Exception)
def unexpected(request: HttpRequest, error: Exception) -> HttpResponse:
    logger.error("%s", request.path, exc_info=error)
    if is_full(error):
        return storage_unavailable(request, StorageError())
    return json_error(500, "Something went wrong on our side. The error has been logged.")


def user_is_deleted(request: HttpRequest, error: BaseException | None) -> bool:
    """Whether it is for want of the person's account, deleted since the request came, that
    something could not be written or found."""
    if not isinstance(error, FAILED) or is_unavailable(error):
        return False
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return False
    return not get_user_model()._default_manager.filter(pk=user.pk).exists()


def _invalid(fields: Fields) -> HttpResponse:
    return json_error(422, "Some fields are not valid.", fields)


def _field(location: tuple[str | int, ...]) -> str:
    """The field's own name: `location` starts with the part of the request and, for a body, the
    parameter that takes it."""
    source, *names = location
    if source == "body":
        names = names[1:]
    return ".".join(map(str, names)) or str(source)
