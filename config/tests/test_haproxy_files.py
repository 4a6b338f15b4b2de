from django.conf import settings
from django.urls import URLPattern, get_resolver

from config.api import api
from config.haproxy_files import build_paths
from config.lib.error_responses import API_PATH


def list_views(patterns, prefix="/"):
    for pattern in patterns:
        address = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield address, pattern.callback
        elif not address.startswith(API_PATH):
            yield from list_views(pattern.url_patterns, address)


def list_uploads():
    for address, methods in api.get_openapi_schema()["paths"].items():
        bodies = [each.get("requestBody", {"content": {}}) for each in methods.values()]
        if any("multipart/form-data" in body["content"] for body in bodies):
            yield address


def test_large_bodies_are_allowed_only_for_uploads():
    every = list_views(get_resolver().url_patterns)
    takers = {address for address, view in every if hasattr(view, "uploads")}
    takers |= set(list_uploads())
    assert set(build_paths().uploads) == takers
    assert len(takers) == 4


def test_names_public_pages_and_downloads():
    assert build_paths().public[0] == "/accounts/login/"
    assert "/files/*/download/" in build_paths().downloads
    assert build_paths().static == settings.STATIC_URL
