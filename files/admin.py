from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from accounts.admin import OwnerGuardedAdmin
from config.lib.admin import AnonymousDeletionsAdmin, local_time_column
from config.lib.local_formats import local_size
from files import trash
from files.models import File, StoredObject


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    """Rows that can be viewed, but neither added nor changed."""

    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(File)
class FileAdmin(OwnerGuardedAdmin, AnonymousDeletionsAdmin, ReadOnlyAdmin):
    """The users' files. Deleting one here deletes it for good."""

    fields = (
        "name",
        "user",
        "content_type",
        "length",
        "object",
        "thumbnail",
        "created",
        "updated",
        "deleted",
    )
    list_display = ("name", "user", "content_type", "length", "created", "deleted")
    list_filter = (
        "content_type",
        ("deleted_at", admin.EmptyFieldListFilter),
        "created_at",
    )
    list_select_related = ("user",)
    search_fields = ("name", "user__email", "object__key")
    ordering = ("-created_at", "pk")
    created = local_time_column("created_at", "created")
    updated = local_time_column("updated_at", "updated")
    deleted = local_time_column("deleted_at", "deleted")

    @admin.display(description="size", ordering="size")
    def length(self, file: File) -> str:
        return local_size(file.size)

    def delete_model(self, request: HttpRequest, obj: File) -> None:
        trash.delete_for_good(File.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        trash.delete_for_good(queryset)


@admin.register(StoredObject)
class StoredObjectAdmin(ReadOnlyAdmin):
    """Objects in storage. They are removed with their files, and by `manage.py purge_files`."""

    fields = ("key", "owner", "created", "removable")
    list_display = ("key", "owner", "created", "removable")
    list_filter = (("remove_after", admin.EmptyFieldListFilter), "created_at")
    list_select_related = ("owner",)
    search_fields = ("key", "owner__email")
    ordering = ("-created_at", "pk")
    created = local_time_column("created_at", "created")
    removable = local_time_column("remove_after", "remove after")

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False
