from __future__ import annotations

from django.contrib import admin, messages
from django.http import HttpRequest

from onboarding.models import Expert, ExpertQuerySet


@admin.register(Expert)
class ExpertAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["slug", "name", "icon", "is_active", "uses_retrieval", "updated_at"]
    list_display_links = ["slug", "name"]
    list_filter = ["is_active", "uses_retrieval"]
    search_fields = ["slug", "name", "description"]
    ordering = ["slug"]
    list_per_page = 50
    # The unfiltered total would cost a second count of the whole table.
    show_full_result_count = False
    readonly_fields = ["created_at", "updated_at"]
    actions = ["activate", "deactivate"]

    @admin.action(description="Activate the chosen experts", permissions=["change"])
    def activate(self, request: HttpRequest, queryset: ExpertQuerySet) -> None:
        self._report(request, queryset.set_active(is_active=True), "active")

    @admin.action(description="Deactivate the chosen experts", permissions=["change"])
    def deactivate(self, request: HttpRequest, queryset: ExpertQuerySet) -> None:
        self._report(request, queryset.set_active(is_active=False), "inactive")

    def _report(self, request: HttpRequest, changed: int, state: str) -> None:
        self.message_user(request, f"{changed} made {state}.", messages.SUCCESS)
