from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin import OwnerGuardedAdmin
from config.lib.admin import local_time_column
from onboarding.forms import TraitsField
from onboarding.models import Expert, ExpertQuerySet, Preferences
from onboarding.traits import Trait


@admin.register(Expert)
class ExpertAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    list_display = ["slug", "name", "icon", "is_active", "uses_retrieval", "updated"]
    list_display_links = ["slug", "name"]
    list_filter = ["is_active", "uses_retrieval"]
    search_fields = ["slug", "name", "description"]
    ordering = ["slug"]
    list_per_page = 50
    # The unfiltered total would cost a second count of the whole table.
    show_full_result_count = False
    readonly_fields = ["created", "updated"]
    created = local_time_column("created_at", "created")
    updated = local_time_column("updated_at", "updated")
    actions = ["activate", "deactivate"]

    @admin.action(description="Activate the chosen experts", permissions=["change"])
    def activate(self, request: HttpRequest, queryset: ExpertQuerySet) -> None:
        self._report(request, queryset.set_active(is_active=True), "active")

    @admin.action(description="Deactivate the chosen experts", permissions=["change"])
    def deactivate(self, request: HttpRequest, queryset: ExpertQuerySet) -> None:
        self._report(request, queryset.set_active(is_active=False), "inactive")

    def _report(self, request: HttpRequest, changed: int, state: str) -> None:
        self.message_user(request, f"{changed} made {state}.", messages.SUCCESS)


class PreferencesForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """Allow no traits: users can skip that step of the wizard."""

    traits = TraitsField(required=False)


class TraitFilter(admin.SimpleListFilter):
    title = "trait"
    parameter_name = "trait"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return Trait.choices

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Preferences]
    ) -> QuerySet[Preferences]:
        return queryset.filter(traits__contains=[self.value()]) if self.value() else queryset


@admin.register(Preferences)
class PreferencesAdmin(OwnerGuardedAdmin):
    """The user's progress in the wizard and preferences. Deleting a row restarts the wizard."""

    form = PreferencesForm
    fields = ["user", "traits", "favourites", "step", "finished"]
    readonly_fields = ["user", "favourites", "step", "finished"]
    list_display = ["user", "is_onboarded", "step", "trait_names", "finished"]
    list_filter = [("finished_at", admin.EmptyFieldListFilter), "step", TraitFilter]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["user__email", "user__name"]
    ordering = ["user__email"]
    finished = local_time_column("finished_at", "finished")

    @admin.display(boolean=True, description="onboarded", ordering="finished_at")
    def is_onboarded(self, preferences: Preferences) -> bool:
        return preferences.is_onboarded

    @admin.display(description="traits", empty_value="none")
    def trait_names(self, preferences: Preferences) -> str:
        return ", ".join(preferences.traits)

    @admin.display(description="favourite experts", empty_value="none")
    def favourites(self, preferences: Preferences) -> str:
        names = Expert.objects.filter(pk__in=preferences.experts).order_by("name")
        return ", ".join(names.values_list("name", flat=True))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def save_model(
        self, request: HttpRequest, obj: Preferences, form: PreferencesForm, change: bool
    ) -> None:
        """Save only the edited fields; the user may be in the wizard meanwhile."""
        obj.save(update_fields=form.changed_data)
