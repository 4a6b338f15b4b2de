"""The measured requests, written as a Django project with django-ninja usually does."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import NinjaAPI, Schema
from ninja.security import django_auth
from pydantic import ConfigDict
from pydantic.alias_generators import to_camel

from bench.stock.models import Preferences, Profile, User


class ProfileOut(Schema):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

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


class Answer(Schema):
    tour: bool


api = NinjaAPI(auth=django_auth)


@api.get("/profile", response=ProfileOut, by_alias=True)
def show_profile(request: HttpRequest) -> dict[str, Any]:
    user: Any = request.user
    return serialize(user, user.profile, user.preferences)


@api.patch("/tour", response=Answer)
def answer_tour(request: HttpRequest, body: Answer) -> Answer:
    user: Any = request.user
    user.tour.answered = body.tour
    user.tour.save(update_fields=["answered"])
    return body


def serialize(user: User, profile: Profile, preferences: Preferences) -> dict[str, Any]:
    return {
        "id": user.pk,
        "email": user.email,
        "name": user.name,
        "image": f"/profile/avatar/{profile.avatar_id}.webp" if profile.avatar_id else None,
        "bio": profile.bio,
        "timezone": profile.timezone,
        "locale": profile.locale,
        "role": "admin" if user.is_staff or user.is_superuser else "user",
        "onboarded": preferences.finished_at is not None,
        "bot_traits": preferences.traits,
        "experts": preferences.experts,
    }
