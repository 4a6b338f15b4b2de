"""Where the focus goes on a page with a form: to the first field, or to what is wrong."""

from __future__ import annotations

from django import template
from django.forms import BaseForm, BoundField

register = template.Library()


@register.filter
def focused(form: BaseForm) -> BaseForm:
    """The form with the focus in its first field, unless the summary of its errors has it."""
    if not form.errors:
        for first in form.visible_fields()[:1]:
            first.field.widget.attrs["autofocus"] = True
    return form


@register.filter
def first_input(field: BoundField) -> str:
    """The id of the field's input, or of the first where there are several."""
    return field.id_for_label or f"{field.auto_id}_0"
