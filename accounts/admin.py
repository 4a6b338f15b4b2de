from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any, TypeVar

from allauth.account import admin as allauth_admin
from allauth.account.decorators import secure_admin_login
from allauth.account.models import EmailAddress
from django.contrib import admin
from django.contrib.auth import admin as auth_admin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.db.models import Model, Q, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts import security_log
from accounts.models import Session, User
from config.lib.admin import AnonymousDeletionsAdmin, local_time_column

if TYPE_CHECKING:
    from django.contrib.admin.models import LogEntry

# The site's own page is the only one to sign in at: it is throttled and asks for a confirmed
# address.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]


def change_own_password(request: HttpRequest, extra_context: Any = None) -> HttpResponse:
    """At the site's own page as well, which tells the owner by mail and the security log."""
    return redirect("account_change_password")


admin.site.password_change = change_own_password  # type: ignore[assignment]

Rows = TypeVar("Rows", bound=QuerySet[Any])

ROLES = ("is_staff", "is_superuser", "groups", "user_permissions")


def may_touch(request: HttpRequest, user: User | None) -> bool:
    """Whether the person who asks may change this one, and what is theirs.

    Superusers may change everybody, others nobody on the staff but themselves: somebody else's
    account comes with that person's rights.
    """
    if user is None or request.user.is_superuser or user.pk == request.user.pk:
        return True
    return not (user.is_superuser or user.is_staff)


class GuardedByPerson(admin.ModelAdmin):  # type: ignore[type-arg]
    """Base for the rows of people: they are guarded as the people are whom they belong to."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and may_touch(request, person_of(obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and may_touch(request, person_of(obj))

    def touchable(self, request: HttpRequest, queryset: Rows) -> Rows:
        """Those of the chosen rows that the person who asks may change."""
        if request.user.is_superuser:
            return queryset
        others = Q(user__is_staff=True) | Q(user__is_superuser=True)
        return queryset.exclude(others & ~Q(user=request.user.pk))


def person_of(row: Any) -> User | None:
    return row.user if row is not None else None


class SuperusersOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    """Base for what gives rights: the staff, with the permission for it, may look at it."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.is_superuser)


class Logged(admin.ModelAdmin):  # type: ignore[type-arg]
    """Base for what opens accounts or gives rights: the security log tells who changed it."""

    logged: tuple[str, ...] = ()

    def save_related(
        self, request: HttpRequest, form: ModelForm[Any], formsets: Any, change: bool
    ) -> None:
        super().save_related(request, form, formsets, change)
        changed = [name for name in form.changed_data if name in self.logged]
        if changed or not change:
            values = [told(name, form.cleaned_data[name]) for name in changed]
            event = "change" if change else "creation"
            security_log.record_change(event, request, form.instance, values)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        gone = copy(obj)  # The deleted one has no key any more.
        super().delete_model(request, obj)
        security_log.record_change("deletion", request, gone)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        gone = list(queryset)
        super().delete_queryset(request, queryset)
        for row in gone:
            security_log.record_change("deletion", request, row)


def told(name: str, value: Any) -> str:
    """A role with its value, rows by their keys; of any text only that it was changed."""
    if isinstance(value, QuerySet):
        return f"{name}={sorted(row.pk for row in value)}"
    return f"{name}={value}" if isinstance(value, bool) else name


admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(Logged, SuperusersOnly, auth_admin.GroupAdmin):
    """Whoever changes a group gives its rights to themselves."""

    logged = ("permissions",)


admin.site.unregister(EmailAddress)


@admin.register(EmailAddress)
class EmailAddressAdmin(Logged, SuperusersOnly, allauth_admin.EmailAddressAdmin):  # type: ignore[misc]
    """A confirmed address resets the password of its person."""

    logged = ("user", "email", "verified", "primary")

    actions = ()
    list_display = ("email", "user", "primary", "verified")
    list_filter = ("primary", "verified")
    list_select_related = ("user",)
    list_per_page = 50
    raw_id_fields = ("user",)
    search_fields = ("email", "user__email", "user__name")
    ordering = ("email",)
    show_full_result_count = False


class UserAddForm(AdminUserCreationForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ("email", "name")


class UserEditForm(UserChangeForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = "__all__"

    def clean(self) -> dict[str, Any] | None:
        """Refuse to make the last administrator anything less."""
        cleaned = super().clean()
        if not all(self.cleaned_data.get(role, True) for role in ("is_active", "is_superuser")):
            self.instance.check_can_leave()
        return cleaned


@admin.register(User)
class UserAdmin(Logged, auth_admin.UserAdmin):  # type: ignore[type-arg]
    """People and their roles; roles and superusers are for superusers only to change."""

    logged = ("email", "is_active", *ROLES)
    add_form = UserAddForm
    form = UserEditForm
    add_form_template = None
    fieldsets = (
        (None, {"fields": ("email", "name", "password")}),
        ("Roles", {"fields": ("is_active", *ROLES)}),
        ("Dates", {"fields": ("signed_in", "joined")}),
    )
    add_fieldsets = (
        (
            None,
            {
                "description": "Then ask the person to use \u201cForgot password?\u201d on the "
                "sign-in page. The link in that email confirms the address.",
                "fields": ("email", "name", "usable_password", "password1", "password2"),
            },
        ),
    )
    readonly_fields = ("signed_in", "joined")
    list_display = ("email", "name", "is_active", "is_staff", "is_superuser", "joined")
    search_fields = ("email", "name")
    ordering = ("email",)
    signed_in = local_time_column("last_login", "last login")
    joined = local_time_column("date_joined", "joined")

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        return self.readonly_fields if request.user.is_superuser else self.readonly_fields + ROLES

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_delete_permission(request, obj) and may_touch(request, obj)

    def log_change(self, request: HttpRequest, obj: User, message: Any) -> LogEntry:
        match = request.resolver_match
        if match and match.url_name == "auth_user_password_change":
            security_log.record_change("new password", request, obj)
        return super().log_change(request, obj, message)

    def save_model(
        self, request: HttpRequest, obj: User, form: ModelForm[User], change: bool
    ) -> None:
        super().save_model(request, obj, form, change)
        if change and "email" in form.changed_data:
            # The former address would go on opening the account, and resetting its password.
            obj.emailaddress_set.all().delete()
            obj.sign_out_elsewhere(request.session.session_key)


@admin.register(Session)
class SessionAdmin(GuardedByPerson, AnonymousDeletionsAdmin):
    """Who is signed in; deleting a session signs that browser out."""

    fields = ("user", "created", "expires")
    list_display = ("user", "created", "expires")
    list_filter = ("created_at", "expire_date")
    search_fields = ("user__email", "user__name")
    ordering = ("-created_at",)
    created = local_time_column("created_at", "created")
    expires = local_time_column("expire_date", "expires")
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Session | None = None) -> bool:
        return False
