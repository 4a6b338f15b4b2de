"""What the pages of the administration have in common."""

from __future__ import annotations

from collections.abc import Callable
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

from config.lib.local_formats import local_datetime
from config.lib.search import having_words


class NearestList(ChangeList):
    """Django's, for which a filter that no row can have is as wrong as one it does not know."""

    def get_results(self, request: HttpRequest) -> None:
        try:
            super().get_results(request)
        except (ValueError, OverflowError, DataError) as error:
            raise IncorrectLookupParameters(error) from error


class Lists(admin.ModelAdmin):  # type: ignore[type-arg]
    """What the lists of all models have in common."""

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return NearestList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """As on the site's own pages."""
        fields = self.get_search_fields(request)
        return having_words(queryset, search_term, *fields) if fields else queryset, False


class AdminSite(admin.AdminSite):
    """The administration, which answers 400 to what no address and no key can be."""

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        kind = admin_class or admin.ModelAdmin
        members = {"__module__": kind.__module__, "__doc__": kind.__doc__}
        super().register(model_or_iterable, type(kind.__name__, (Lists, kind), members), **options)

    def get_urls(self) -> list[Any]:
        """Without the way to a row's page on the site: none has one, and it knows no UUIDs."""
        return [url for url in super().get_urls() if getattr(url, "name", "") != "view_on_site"]

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            refuse_null_characters(request)
            refuse_malformed_keys(request)
            return view(request, *args, **kwargs)

        return super().admin_view(checked, cacheable)


def refuse_null_characters(request: HttpRequest) -> None:
    """Refuse an address with one: no text in PostgreSQL contains it."""
    if "\0" in unquote(request.get_full_path()):
        raise BadRequest("A null character is in the address.")


def refuse_malformed_keys(request: HttpRequest) -> None:
    """Refuse chosen rows, of a list, by what cannot be the key of a row of its model."""
    chosen = request.POST.getlist(ACTION_CHECKBOX_NAME)
    view = request.resolver_match and request.resolver_match.func
    if chosen and (model_admin := getattr(view, "model_admin", None)):
        try:
            for key in chosen:
                model_admin.opts.pk.to_python(key)
        except ValidationError as error:
            raise BadRequest("A chosen row has a key that is none.") from error


class NamelessDeletions(admin.ModelAdmin):  # type: ignore[type-arg]
    """Base for rows that are named after a person or by one: no name stays in the history of
    deletions, where nothing would tell any more to whom it belonged."""

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        from django.contrib.admin.models import LogEntry  # at import, no model is there yet

        entries = super().log_deletions(request, queryset)
        logged = LogEntry.objects.filter(pk__in=[entry.pk for entry in entries])
        logged.update(object_repr=f"one of the {self.opts.verbose_name_plural}")
        return entries


def local_time(field: str, description: str) -> Callable[[Any, Model], str | None]:
    """For a column or a read-only field, a method: this time as the reader has times."""

    @admin.display(description=description, ordering=field)
    def shown(model_admin: Any, row: Model) -> str | None:
        moment = getattr(row, field)
        return local_datetime(moment) if moment else None

    return shown
