from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.email import normalize_email
from accounts.fields import LowercaseEmailField
from accounts.per_user import list_relations
from config.lib.text import plain_line

if TYPE_CHECKING:
    from accounts.sessions import SessionStore

LAST_ADMINISTRATOR: Final = (
    "You are the last administrator. Make someone else an administrator first."
)


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=normalize_email(email), **fields)
        user.set_password(password)
        user.save()
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Create an administrator with a confirmed e-mail address.

        Signing in requires one, and mail need not work yet when the command runs.
        """
        roles = {"is_staff": True, "is_superuser": True}
        with transaction.atomic():
            user = self.create_user(email, password, **roles | fields)
            user.confirm_email()
        return user

    def never_confirmed(self, before: datetime) -> models.QuerySet[User]:
        """Return users who joined before that time and could never sign in, without staff."""
        joined = self.filter(date_joined__lt=before, is_staff=False, is_superuser=False)
        return joined.filter(last_login=None).exclude(emailaddress__verified=True)


class User(AbstractBaseUser, PermissionsMixin):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = LowercaseEmailField(
        "e-mail address",
        unique=True,
        error_messages={"unique": "An account with this email already exists."},
    )
    name = models.CharField(max_length=128, blank=True, validators=[plain_line])
    is_active = models.BooleanField(
        "active", default=True, help_text="Turn off to block sign-in and keep the account."
    )
    is_staff = models.BooleanField(
        "staff", default=False, help_text="Can sign in to this admin site."
    )
    must_change_password = models.BooleanField(default=False, db_default=False, editable=False)
    date_joined = models.DateTimeField("joined", default=timezone.now, editable=False)
    # The password of the latest sign-up with this e-mail address: see accounts.signup_attempts.
    tried_password = models.CharField(max_length=128, blank=True, default="", editable=False)
    tried_at = models.DateTimeField(null=True, editable=False)

    objects = UserManager()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"

    class Meta:
        # A migration creates one more index, for the admin's search.
        constraints = [
            models.CheckConstraint(
                name="accounts_user_email_lower_case",
                condition=models.Q(email=Lower("email")),
                violation_error_message="Email addresses must be lower case.",
            )
        ]

    emailaddress_set: Any  # allauth's
    _password: str | None
    _password_removed = False

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the user; end all sessions if the password has changed."""
        changed = self._password is not None or self._password_removed
        if self._state.adding or not changed:
            super().save(*args, **kwargs)
        else:
            self._clear_must_change_password(kwargs)
            with transaction.atomic():
                super().save(*args, **kwargs)
                self.sign_out_everywhere()
        self._password_removed = False

    def _clear_must_change_password(self, options: dict[str, Any]) -> None:
        written = options.get("update_fields")
        if written is None or "password" in written:
            self.must_change_password = False
        if written is not None and "password" in written:
            options["update_fields"] = {*written, "must_change_password"}

    def set_unusable_password(self) -> None:
        super().set_unusable_password()
        self._password_removed = True

    def get_short_name(self) -> str:
        return self.name or self.get_username()

    def has_confirmed_email(self) -> bool:
        return bool(self.emailaddress_set.filter(email=self.email, verified=True).exists())

    def confirm_email(self) -> None:
        self.emailaddress_set.update_or_create(
            email=self.email, defaults={"verified": True, "primary": True}
        )

    def sign_out_everywhere(self) -> None:
        self.sessions.all().delete()

    def sign_out_elsewhere(self, session_key: str | None) -> None:
        self.sessions.exclude(session_key=session_key or "").delete()

    def is_last_administrator(self) -> bool:
        """Return whether no other user is an active superuser. No statement for ordinary users."""
        if not (self.is_superuser and self.is_active):
            return False
        others = User.objects.filter(is_superuser=True, is_active=True).exclude(pk=self.pk)
        return not others.exists()

    def check_can_leave(self) -> None:
        """Raise ValidationError for the last administrator.

        Call it in the transaction that removes the user: it locks the row and, for an
        administrator, all administrators' rows, so that two cannot leave at once.
        """
        leaving = models.Q(pk=self.pk)
        if self.is_superuser:
            leaving |= models.Q(is_superuser=True)
        rows = User.objects.select_for_update().order_by("pk").filter(leaving)
        list(rows.values_list("pk"))
        if self.is_last_administrator():
            raise ValidationError(LAST_ADMINISTRATOR, "last_administrator")


class SessionQuerySet(models.QuerySet["Session"]):
    def live(self) -> Self:
        return self.filter(expire_date__gt=timezone.now())

    def expired(self) -> Self:
        return self.filter(expire_date__lte=timezone.now())


class SessionManager(BaseSessionManager["Session"].from_queryset(SessionQuerySet)):  # type: ignore[misc]  # a class made at run time
    def get_queryset(self) -> SessionQuerySet:
        sessions: SessionQuerySet = super().get_queryset().select_related(*list_relations())
        return sessions

    def save(
        self, session_key: str, session_dict: dict[str, Any], expire_date: datetime
    ) -> Session:
        """Save a session, or delete it if it has no data.

        Django's method passes the values by position, and the first field is another one here.
        """
        # PostgreSQL cannot lock the nullable side of an outer join.
        rows = self.select_related(None)
        values = {
            "session_data": self.encode(session_dict),
            "expire_date": expire_date,
            "user_id": session_dict.get(SESSION_KEY),
        }
        if session_dict:
            session: Session
            session, _ = rows.update_or_create(session_key=session_key, defaults=values)
            return session
        rows.filter(session_key=session_key).delete()
        return Session(session_key=session_key, **values)


class Session(AbstractBaseSession):
    """A session with its own primary key.

    The session key must not appear in the admin's URLs and logs: it signs its holder in.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session_key = models.CharField(max_length=40, unique=True, editable=False)
    user = models.ForeignKey(
        User,
        on_delete=models.CASCADE,
        related_name="sessions",
        null=True,
        blank=True,
        editable=False,
    )
    created_at = models.DateTimeField("created", auto_now_add=True)

    objects: ClassVar[SessionManager] = SessionManager()

    class Meta:
        verbose_name = "session"
        verbose_name_plural = "sessions"
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="accounts_session_newest_first")
        ]

    def __str__(self) -> str:
        return f"{self.user or 'nobody'} since {self.created_at:%Y-%m-%d %H:%M}"

    @classmethod
    def get_session_store_class(cls) -> type[SessionStore]:
        from accounts.sessions import SessionStore

        return SessionStore


class Act(models.Model):
    """A form that was sent, and the response to it: see accounts.form_tokens."""

    key = models.CharField(primary_key=True, max_length=64)
    owner = models.UUIDField()
    before = models.CharField(max_length=64)
    after = models.CharField(max_length=64)
    answer = models.JSONField(null=True)
    expires_at = models.DateTimeField()

    class Meta:
        verbose_name = "form that was sent"
        verbose_name_plural = "forms that were sent"

    def __str__(self) -> str:
        return f"{self.key[:8]}, until {self.expires_at:%H:%M:%S}"
