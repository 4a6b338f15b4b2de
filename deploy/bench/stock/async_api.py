"""The measured requests under ASGI: Django's own session and user, psycopg's pool for the rest."""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest
from ninja import NinjaAPI
from ninja.security import APIKeyCookie
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from bench.stock.api import Answer, ProfileOut

PROFILE: Final = (
    "SELECT bio, timezone, locale, avatar_id, traits AS bot_traits, experts, "
    "finished_at IS NOT NULL AS onboarded "
    "FROM profiles_profile JOIN onboarding_preferences USING (user_id) WHERE user_id = %s"
)
ANSWER: Final = "UPDATE tours_tour SET answered = %s WHERE user_id = %s"


class AsyncSessionAuth(APIKeyCookie):
    param_name = settings.SESSION_COOKIE_NAME

    async def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        user = await request.auser()
        return user if user.is_authenticated else None

    is_async = True


def make_pool() -> AsyncConnectionPool[Any]:
    database = settings.DATABASES["default"]
    names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST"}
    options: dict[str, Any] = {name: database[key] for name, key in names.items()}
    return AsyncConnectionPool(
        kwargs=options | {"autocommit": True, "row_factory": dict_row},
        min_size=2,
        max_size=database["OPTIONS"]["pool"]["max_size"],
        open=False,
    )


pool = make_pool()
api = NinjaAPI(auth=AsyncSessionAuth(), urls_namespace="async")


@api.get("/profile", response=ProfileOut, by_alias=True)
async def show_profile(request: HttpRequest) -> dict[str, Any]:
    user: Any = await request.auser()
    await pool.open()
    async with pool.connection() as connection:
        cursor = await connection.execute(PROFILE, [user.pk])
        row: dict[str, Any] = await cursor.fetchone() or {}
    return row | {
        "id": user.pk,
        "email": user.email,
        "name": user.name,
        "image": f"/profile/avatar/{row['avatar_id']}.webp" if row["avatar_id"] else None,
        "role": "admin" if user.is_staff or user.is_superuser else "user",
    }


@api.patch("/tour", response=Answer)
async def answer_tour(request: HttpRequest, body: Answer) -> Answer:
    user: Any = await request.auser()
    await pool.open()
    async with pool.connection() as connection:
        await connection.execute(ANSWER, [body.tour, user.pk])
    return body
