from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin import OwnerGuardedAdmin
from tours.models import Tour


@admin.register(Tour)
class TourAdmin(OwnerGuardedAdmin):
    """A user without a row has not answered the offer."""

    fields = ["user", "answered"]
    readonly_fields = ["user"]
    list_display = ["user", "answered"]
    list_filter = ["answered"]
    search_fields = ["user__email", "user__name"]
    ordering = ["user__email"]
    list_per_page = 50
    show_full_result_count = False
    actions = ["offer_again"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.action(description="Offer the tour again", permissions=["change"])
    def offer_again(self, request: HttpRequest, queryset: QuerySet[Tour]) -> None:
        offered = (
            self.filter_manageable(request, queryset).filter(answered=True).update(answered=False)
        )
        self.message_user(request, f"Offered again to {offered}.", messages.SUCCESS)
