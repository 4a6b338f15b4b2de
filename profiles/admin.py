from __future__ import annotations

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest

from files import objects
from profiles import avatars
from profiles.models import Profile, ProfileQuerySet


@admin.register(Profile)
class ProfileAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """What people tell about themselves; a row comes with its person, so none is added here."""

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

    @admin.display(description="picture", boolean=True)
    def has_avatar(self, profile: Profile) -> bool:
        return profile.avatar_id is not None

    @admin.action(description="Remove the pictures of the chosen people", permissions=["change"])
    def remove_avatars(self, request: HttpRequest, queryset: ProfileQuerySet) -> None:
        self.message_user(request, f"{avatars.remove_all(queryset)} removed.", messages.SUCCESS)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def save_model(
        self, request: HttpRequest, obj: Profile, form: ModelForm[Profile], change: bool
    ) -> None:
        """Write what was changed: the person may have got another picture in the meantime."""
        obj.save(update_fields=form.changed_data)

    def delete_model(self, request: HttpRequest, obj: Profile) -> None:
        self.delete_queryset(request, Profile.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Profile]) -> None:
        with transaction.atomic():
            rows = queryset.select_for_update(of=("self",))
            keys = [key for key in rows.values_list("avatar_id", flat=True) if key]
            queryset.delete()
            objects.discard(keys)
