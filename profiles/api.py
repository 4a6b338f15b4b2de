"""API endpoints for the profile."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final, Literal
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from ninja import Router
from pydantic import ConfigDict, Field, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from accounts.models import User
from accounts.requests import SignedInRequest
from config.lib.request_bodies import accept_uploads
from config.lib.schemas import Body, Schema
from onboarding.api import ExpertId, TraitValue, UserName, drop_unlisted_experts
from onboarding.models import Preferences
from profiles import avatars
from profiles.forms import ProfileForm
from profiles.json_or_form import FORM, JsonOrForm
from profiles.models import Profile
from profiles.timezones import list_locales, list_zones

ID: Final = re.compile(r"[0-9]{1,19}")

router = Router(tags=["profile"], by_alias=True)


class ProfileOut(Schema):
    id: UUID
    email: str
    name: str
    image: str | None
    bio: str
    timezone: str
    locale: str
    role: Literal["admin", "user"]
    onboarded: bool
    bot_traits: list[str]
    experts: list[int]


def validate_avatar(value: Any) -> UploadedFile[bytes] | None:
    if value is None or isinstance(value, UploadedFile):
        return value
    raise PydanticCustomError("image", "Send a file in a form, or null to remove the avatar.")


def remove_defaults(schema: dict[str, Any]) -> None:
    """Remove the defaults from the schema: fields left out keep their values."""
    for field in schema["properties"].values():
        field.pop("default", None)


Avatar = Annotated[Any, PlainValidator(validate_avatar), WithJsonSchema({"type": "null"})]
ZoneName = Annotated[str, Field(json_schema_extra={"enum": list(list_zones())})]
LocaleTag = Annotated[str, Field(json_schema_extra={"enum": list(list_locales())})]


class ProfileChange(Body):
    """Fields left out keep their values. `image` is null, which removes it, or a file in a form. In
    forms, repeat the fields of lists."""

    model_config = ConfigDict(populate_by_name=False, json_schema_extra=remove_defaults)

    lists: ClassVar = {"botTraits", "experts"}

    name: UserName = ""
    bio: str = ""
    timezone: ZoneName = ""
    locale: LocaleTag = ""
    bot_traits: list[TraitValue] = []
    experts: list[ExpertId] = []
    image: Avatar = None

    @classmethod
    def from_form(
        cls, texts: QueryDict, files: Mapping[str, UploadedFile[bytes]]
    ) -> dict[str, Any]:
        values: dict[str, Any] = dict(texts.items())
        values.pop("csrfmiddlewaretoken", None)
        if "botTraits" in texts:
            values["botTraits"] = texts.getlist("botTraits")
        if "experts" in texts:
            values["experts"] = [
                int(text) if ID.fullmatch(text) else text for text in texts.getlist("experts")
            ]
        return values | dict(files.items())

    def build_form(self, user: User) -> ProfileForm:
        values = {name: getattr(self, name) for name in self.model_fields_set}
        image = values.pop("image", None)
        files = {"image": False if image is None else image}
        return ProfileForm(user, values, files, only=self.model_fields_set)


def build_form_schema() -> dict[str, Any]:
    schema = ProfileChange.model_json_schema()
    schema["properties"]["image"] = {"type": "string", "format": "binary"}
    return {"requestBody": {"content": {FORM: {"schema": schema}}}}


def serialize(user: User) -> dict[str, Any]:
    """Return the whole profile. Needs no statement: all of it comes with the session."""
    profile, preferences = Profile.for_user(user), Preferences.for_user(user)
    return {
        "id": user.pk,
        "email": user.email,
        "name": user.name,
        "image": avatars.get_url(user),
        "bio": profile.bio,
        "timezone": profile.timezone,
        "locale": profile.locale,
        "role": "admin" if user.is_superuser or user.is_staff else "user",
        "onboarded": preferences.is_onboarded,
        "bot_traits": preferences.traits,
        "experts": preferences.experts,
    }


@router.get("", response=ProfileOut, summary="Show your profile")
def profile(request: SignedInRequest) -> dict[str, Any]:
    return serialize(request.user)


@router.patch(
    "", response=ProfileOut, openapi_extra=build_form_schema(), summary="Change your profile"
)
@accept_uploads(avatars.check_content_length)
def change_profile(
    request: SignedInRequest, change: Annotated[ProfileChange, JsonOrForm(...)]
) -> dict[str, Any]:
    form = change.build_form(request.user)
    if not form.is_valid():
        if form.storage_error:
            raise form.storage_error
        raise ValidationError(form.errors.as_data())
    drop_unlisted_experts(form, change.experts)
    form.save()
    return serialize(request.user)
