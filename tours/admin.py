from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin import GuardedByPerson
from tours.models import Tour


@admin.register(Tour)
class TourAdmin(GuardedByPerson):
    """Who has answered the offer; a person without a row has not. Taken back, it comes again."""

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
        offered = self.touchable(request, queryset).filter(answered=True).update(answered=False)
        self.message_user(request, f"Offered again to {offered}.", messages.SUCCESS)
