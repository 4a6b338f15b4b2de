from __future__ import annotations

from typing import Any, Final

from django.contrib import admin, messages
from django.http import HttpRequest

from config.lib.admin import AnonymousDeletionsAdmin, local_time_column
from config.mail.models import Mail, MailQuerySet

SHOWN: Final = ("recipient", "subject", "state", "attempts", "last_error", "queued")
SEARCHED: Final = ("recipient", "subject")


@admin.register(Mail)
class MailAdmin(AnonymousDeletionsAdmin):
    """What is on its way, was sent or given up. The text is not shown: it has codes and links."""

    fields = readonly_fields = (*SHOWN, "next_attempt", "void", "finished")
    list_display = SHOWN
    list_filter = ("state",)
    search_fields = SEARCHED
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
        """No other: by `?body__contains=` the text could be guessed, letter by letter."""
        return lookup in ("state", "state__exact")

    @admin.action(description="Try again to send what was given up", permissions=["change"])
    def try_again(self, request: HttpRequest, queryset: Any) -> None:
        mails: MailQuerySet = queryset
        self.message_user(request, f"{mails.try_again()} will be sent again.", messages.SUCCESS)
