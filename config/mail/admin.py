from __future__ import annotations

from typing import Any, Final

from django.contrib import admin, messages
from django.http import HttpRequest

from config.lib.admin import AnonymousDeletionsAdmin, local_time_column
from config.mail.models import Mail, MailQuerySet

LIST_FIELDS: Final = ("recipient", "subject", "state", "attempts", "last_error", "queued")
SEARCH_FIELDS: Final = ("recipient", "subject")


@admin.register(Mail)
class MailAdmin(AnonymousDeletionsAdmin):
    """Never shows a mail's body, which contains codes and links."""

    fields = readonly_fields = (*LIST_FIELDS, "next_attempt", "void", "finished")
    list_display = LIST_FIELDS
    list_filter = ("state",)
    search_fields = SEARCH_FIELDS
    ordering = ("-queued_at", "-pk")
    list_per_page = 50
    show_full_result_count = False
    actions = ("try_again",)
    queued = local_time_column("queued_at", "queued")
    next_attempt = local_time_column("due_at", "next attempt")
    void = local_time_column("void_at", "void from")
    finished = local_time_column("finished_at", "sent or given up")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        # With `?body__contains=` one could guess the body letter by letter.
        return lookup in ("state", "state__exact")

    @admin.action(description="Retry mails that were given up", permissions=["change"])
    def try_again(self, request: HttpRequest, queryset: Any) -> None:
        mails: MailQuerySet = queryset
        self.message_user(request, f"{mails.try_again()} will be sent again.", messages.SUCCESS)
