"""The session engine, which loads a session and its user with one statement."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from asgiref.sync import sync_to_async
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.db.models.functions import Now

from accounts.models import Session, User
from config.database.lookup import Lookup
from config.database.replicas.reading import leave_replica

if TYPE_CHECKING:
    DatabaseStore = db.SessionStore[Session]
else:
    DatabaseStore = db.SessionStore

KEY_PATTERN: Final = re.compile(r"[a-z0-9]{32}")
BY_KEY: Final = Lookup(lambda key: Session.objects.filter(session_key=key, expire_date__gt=Now()))


class SessionStore(DatabaseStore):
    """Django's database store, with the project's session model.

    `user` is the stored session's user. `accounts.middleware` checks whether they are signed in.
    """

    user: User | None = None

    def _validate_session_key(self, key: str | None) -> bool:
        """Return whether the key has our format; any other is rejected without a statement."""
        return key is not None and KEY_PATTERN.fullmatch(key) is not None

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        session = super().create_model_instance(data)
        session.user_id = data.get(SESSION_KEY)
        return session

    def save(self, must_create: bool = False) -> None:
        """Write the session; an existing row keeps its primary key and creation time."""
        if must_create or self.session_key is None:
            super().save(must_create)
            return
        session = self.create_model_instance(dict(self.items()))
        written = Session.objects.filter(session_key=self.session_key).update(
            session_data=session.session_data,
            expire_date=session.expire_date,
            user_id=session.user_id,
        )
        if not written:
            raise UpdateError

    async def asave(self, must_create: bool = False) -> None:
        await sync_to_async(self.save)(must_create)

    def flush(self) -> None:
        super().flush()
        self.user = None

    def _get_session_from_db(self) -> Session | None:
        session = find_session(self.session_key) if self.session_key else None
        if session is None:
            self._session_key = None
        self.user = session.user if session else None
        return session

    async def _aget_session_from_db(self) -> Session | None:
        return await sync_to_async(self._get_session_from_db)()


def find_session(key: str) -> Session | None:
    """Return the session; staff's from the primary, so that a right that was taken ends at once."""
    session = BY_KEY.get(key)
    if session and session.user and session.user.is_staff and leave_replica():
        return BY_KEY.get(key)
    return session
