from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.actions import delete_selected
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.admin import OwnerGuardedAdmin, UserAdmin
from accounts.models import User
from files import objects
from profiles import avatars, deletion
from profiles.models import Profile, ProfileQuerySet

# accounts registers its own, but only this app knows all that belongs to a user.
admin.site.unregister(User)


@admin.register(User)
class DeletingUserAdmin(UserAdmin):
    """Delete users as they delete themselves: with their files and history."""

    actions = ["delete_selected"]

    @admin.action(description="Delete selected users", permissions=["delete"])
    def delete_selected(
        self, request: HttpRequest, queryset: QuerySet[User]
    ) -> HttpResponse | None:
        """Run Django's action, but delete no user if one of them has to stay."""
        try:
            with transaction.atomic():
                return delete_selected(self, request, queryset)
        except ValidationError as error:
            self.message_user(request, " ".join(error.messages), messages.ERROR)
            return None

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        try:
            return super().delete_view(request, object_id, extra_context)
        except ValidationError as error:
            self.message_user(request, " ".join(error.messages), messages.ERROR)
            return redirect("admin:accounts_user_change", object_id)

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        deletion.delete_accounts(User.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        deletion.delete_accounts(queryset)


@admin.register(Profile)
class ProfileAdmin(OwnerGuardedAdmin):
    fields = ["user", "bio", "timezone", "locale", "avatar"]
    readonly_fields = ["user", "avatar"]
    list_display = ["user", "timezone", "locale", "has_avatar"]
    list_filter = [("avatar", admin.EmptyFieldListFilter)]
    list_select_related = ["user"]
    list_per_page = 50
    search_fields = ["user__email", "user__name", "timezone"]
    ordering = ["user__email"]
    show_full_result_count = False
    actions = ["remove_avatars"]

    @admin.display(description="avatar", boolean=True)
    def has_avatar(self, profile: Profile) -> bool:
        return profile.avatar_id is not None

    @admin.action(description="Remove the avatars of the chosen users", permissions=["change"])
    def remove_avatars(self, request: HttpRequest, queryset: ProfileQuerySet) -> None:
        removed = avatars.remove_all(self.filter_manageable(request, queryset))
        self.message_user(request, f"{removed} removed.", messages.SUCCESS)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def save_model(
        self, request: HttpRequest, obj: Profile, form: ModelForm[Profile], change: bool
    ) -> None:
        """Save only the edited fields; the user may change the avatar meanwhile."""
        obj.save(update_fields=form.changed_data)

    def delete_model(self, request: HttpRequest, obj: Profile) -> None:
        delete_profiles(Profile.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Profile]) -> None:
        delete_profiles(queryset)


def delete_profiles(queryset: QuerySet[Profile]) -> None:
    with transaction.atomic():
        rows = queryset.select_for_update(of=("self",))
        keys = [key for key in rows.values_list("avatar_id", flat=True) if key]
        queryset.delete()
        objects.mark_unused(keys)
