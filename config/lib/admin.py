"""Shared base classes of the admin site."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from functools import wraps
from typing import Any
from urllib.parse import unquote

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import BadRequest, ValidationError
from django.db import DataError
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from config.lib import security_log
from config.lib.local_formats import local_datetime
from config.lib.pagination import EstimatingPaginator
from config.lib.search import filter_by_words


class StrictChangeList(ChangeList):
    """Treat a filter value that no row can have like an unknown filter."""

    def get_results(self, request: HttpRequest) -> None:
        try:
            super().get_results(request)
        except (ValueError, OverflowError, DataError) as error:
            raise IncorrectLookupParameters(error) from error


class SiteModelAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    """Mixed into every ModelAdmin by `AdminSite.register`. Deletions go to the security log."""

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        deleted = copy(obj)  # Deletion clears the key.
        super().delete_model(request, obj)
        security_log.record_change("deletion", request, deleted)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        deleted = [self.model(pk=key) for key in queryset.values_list("pk", flat=True)]
        super().delete_queryset(request, queryset)
        for row in deleted:
            security_log.record_change("deletion", request, row)

    paginator = EstimatingPaginator

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return StrictChangeList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        fields = self.get_search_fields(request)
        return filter_by_words(queryset, search_term, *fields) if fields else queryset, False


class AdminSite(admin.AdminSite):
    """Answer 400 to URLs with null characters and to malformed primary keys."""

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        kind = admin_class or admin.ModelAdmin
        members = {"__module__": kind.__module__, "__doc__": kind.__doc__}
        super().register(
            model_or_iterable, type(kind.__name__, (SiteModelAdmin, kind), members), **options
        )

    def get_urls(self) -> list[Any]:
        """Return Django's URLs without "view on site", which fails for UUID keys."""
        return [url for url in super().get_urls() if getattr(url, "name", "") != "view_on_site"]

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        @wraps(view)
        def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            reject_null_characters(request)
            reject_malformed_keys(request)
            return view(request, *args, **kwargs)

        return super().admin_view(wrapper, cacheable)


def reject_null_characters(request: HttpRequest) -> None:
    # PostgreSQL's text type cannot hold them.
    if "\0" in unquote(request.get_full_path()):
        raise BadRequest("The URL contains a null character.")


def reject_malformed_keys(request: HttpRequest) -> None:
    """Raise BadRequest if an action's selected rows include an invalid primary key."""
    chosen = request.POST.getlist(ACTION_CHECKBOX_NAME)
    view = request.resolver_match and request.resolver_match.func
    if chosen and (model_admin := getattr(view, "model_admin", None)):
        try:
            for key in chosen:
                model_admin.opts.pk.to_python(key)
        except ValidationError as error:
            raise BadRequest("A selected row has an invalid key.") from error


class AnonymousDeletionsAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs only
    """Log deletions without the rows' names, which may be personal data."""

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        from django.contrib.admin.models import LogEntry  # models are not loaded at import

        entries = super().log_deletions(request, queryset)
        logged = LogEntry.objects.filter(pk__in=[entry.pk for entry in entries])
        logged.update(object_repr=f"one of the {self.opts.verbose_name_plural}")
        return entries


def local_time_column(field: str, description: str) -> Callable[[Any, Model], str | None]:
    """Return an admin method that shows a datetime field in the user's zone and locale."""

    @admin.display(description=description, ordering=field)
    def display(model_admin: Any, row: Model) -> str | None:
        moment = getattr(row, field)
        return local_datetime(moment) if moment else None

    return display
