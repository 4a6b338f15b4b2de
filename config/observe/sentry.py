"""Errors for Sentry, if SENTRY_DSN is set: without requests' data, without traces."""

from __future__ import annotations

from typing import Any, Final

from django.core.exceptions import ImproperlyConfigured

from config.lib.logs import mask_secrets
from config.lib.request_ids import request_id

MISSING: Final = (
    "SENTRY_DSN is set, but sentry-sdk is not installed: run "
    "`.venv/bin/pip install -r deploy/requirements-sentry.txt`, or unset SENTRY_DSN."
)


def start_sentry(dsn: str) -> None:
    """Send unhandled exceptions and logged errors to Sentry, from a thread of their own."""
    try:
        import sentry_sdk
        from sentry_sdk.integrations.django import DjangoIntegration
        from sentry_sdk.utils import BadDsn
    except ImportError as error:
        raise ImproperlyConfigured(MISSING) from error
    django = DjangoIntegration(transaction_style="url", middleware_spans=False)
    try:
        sentry_sdk.init(
            dsn,
            integrations=[django],
            auto_enabling_integrations=False,
            traces_sample_rate=None,
            auto_session_tracking=False,
            max_request_body_size="never",
            include_local_variables=False,
            max_breadcrumbs=0,
            before_send=prepare_event,
        )
    except BadDsn as error:
        raise ImproperlyConfigured(f"SENTRY_DSN is not a DSN ({error}): copy it again.") from error


def prepare_event(event: Any, hint: dict[str, Any]) -> Any:
    """Add the request's id, leave out its URL, headers and cookies, and mask secrets."""
    event.pop("extra", None)  # the process's arguments, and whatever a logger was given
    request = event.pop("request", {})
    if "method" in request:
        event["request"] = {"method": request["method"]}
    event.setdefault("tags", {})["request_id"] = request_id.get() or "-"
    return _mask(event)


def _mask(value: Any) -> Any:
    if isinstance(value, str):
        return mask_secrets(value)
    if isinstance(value, dict):
        return {key: _mask(item) for key, item in value.items()}
    return [_mask(item) for item in value] if isinstance(value, list | tuple) else value
