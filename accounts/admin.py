from __future__ import annotations

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

from accounts.models import Session, User
from config.lib import security_log
from config.lib.admin import AnonymousDeletionsAdmin, local_time_column

if TYPE_CHECKING:
    from django.contrib.admin.models import LogEntry

# Only the site's own sign-in page is throttled and requires a confirmed e-mail address.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]  # as allauth documents


def change_own_password(request: HttpRequest, extra_context: Any = None) -> HttpResponse:
    return redirect("account_change_password")


# The site's own page notifies the user and the security log.
admin.site.password_change = change_own_password  # type: ignore[assignment]  # as for login

Rows = TypeVar("Rows", bound=QuerySet[Any])

ROLES = ("is_staff", "is_superuser", "groups", "user_permissions")


def can_manage(request: HttpRequest, user: User | None) -> bool:
    """Return whether the request's user may change this user and their rows.

    Staff may not change other staff: control of an account gives its permissions.
    """
    if user is None or request.user.is_superuser or user.pk == request.user.pk:
        return True
    return not (user.is_superuser or user.is_staff)


class OwnerGuardedAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    """Base for rows that belong to a user: guarded as the user is."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and can_manage(request, get_owner(obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and can_manage(request, get_owner(obj))

    def filter_manageable(self, request: HttpRequest, queryset: Rows) -> Rows:
        if request.user.is_superuser:
            return queryset
        others = Q(user__is_staff=True) | Q(user__is_superuser=True)
        return queryset.exclude(others & ~Q(user=request.user.pk))


def get_owner(row: Any) -> User | None:
    return row.user if row is not None else None


class SuperusersOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    """Base for models that grant permissions: staff may view them at most."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.is_superuser)


class LoggedAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    """Base for models that grant access: changes go to the security log."""

    logged_fields: tuple[str, ...] = ()

    def save_related(
        self, request: HttpRequest, form: ModelForm[Any], formsets: Any, change: bool
    ) -> None:
        super().save_related(request, form, formsets, change)
        changed = [name for name in form.changed_data if name in self.logged_fields]
        if changed or not change:
            values = [describe_change(name, form.cleaned_data[name]) for name in changed]
            event = "change" if change else "creation"
            security_log.record_change(event, request, form.instance, values)


def describe_change(name: str, value: Any) -> str:
    """Return the field with its value if that is a flag or a set of rows, else only its name."""
    if isinstance(value, QuerySet):
        return f"{name}={sorted(row.pk for row in value)}"
    return f"{name}={value}" if isinstance(value, bool) else name


admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(LoggedAdmin, SuperusersOnlyAdmin, auth_admin.GroupAdmin):
    logged_fields = ("permissions",)


admin.site.unregister(EmailAddress)


@admin.register(EmailAddress)
class EmailAddressAdmin(LoggedAdmin, SuperusersOnlyAdmin, allauth_admin.EmailAddressAdmin):
    """Superusers only: a confirmed e-mail address can reset its user's password."""

    logged_fields = ("user", "email", "verified", "primary")

    actions = ()
    list_display = ("email", "user", "primary", "verified")
    list_filter = ("primary", "verified")
    list_select_related = ("user",)
    list_per_page = 50
    raw_id_fields = ("user",)
    search_fields = ("email", "user__email", "user__name")
    ordering = ("email",)
    show_full_result_count = False


class UserAddForm(AdminUserCreationForm):  # type: ignore[type-arg]  # generic in the stubs only
    class Meta:
        model = User
        fields = ("email", "name")


class UserEditForm(UserChangeForm):  # type: ignore[type-arg]  # generic in the stubs only
    class Meta:
        model = User
        fields = "__all__"

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if not all(self.cleaned_data.get(role, True) for role in ("is_active", "is_superuser")):
            self.instance.check_can_leave()
        return cleaned


@admin.register(User)
class UserAdmin(LoggedAdmin, auth_admin.UserAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    """Only superusers may change roles and superusers."""

    logged_fields = ("email", "is_active", *ROLES)
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
                "description": "Then ask the user to choose \u201cForgot password?\u201d on the "
                "sign-in page. The link in that email confirms their email.",
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
        return super().has_change_permission(request, obj) and can_manage(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_delete_permission(request, obj) and can_manage(request, obj)

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
            # Otherwise the former e-mail address could still sign in and reset the password.
            obj.emailaddress_set.all().delete()
            obj.sign_out_elsewhere(request.session.session_key)


@admin.register(Session)
class SessionAdmin(OwnerGuardedAdmin, AnonymousDeletionsAdmin):
    """Deleting a session signs that browser out."""

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
