"""Focus a form's first field, or the summary of its errors."""

from __future__ import annotations

from django import template
from django.forms import BaseForm, BoundField

register = template.Library()


@register.filter
def focused(form: BaseForm) -> BaseForm:
    """Set `autofocus` on the first field unless the form has errors."""
    if not form.errors:
        for first in form.visible_fields()[:1]:
            first.field.widget.attrs["autofocus"] = True
    return form


@register.filter
def first_input(field: BoundField) -> str:
    return field.id_for_label or f"{field.auto_id}_0"
