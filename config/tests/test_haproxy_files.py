from django.conf import settings
from django.urls import URLPattern, get_resolver

from config.api import api
from config.haproxy_files import build_paths
from config.lib.error_responses import API_PATH


def list_views(patterns, prefix="/"):
    for pattern in patterns:
        url = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield url, pattern.callback
        elif not url.startswith(API_PATH):
            yield from list_views(pattern.url_patterns, url)


def list_uploads():
    for url, methods in api.get_openapi_schema()["paths"].items():
        bodies = [each.get("requestBody", {"content": {}}) for each in methods.values()]
        if any("multipart/form-data" in body["content"] for body in bodies):
            yield url


def test_large_bodies_are_allowed_only_for_uploads():
    every = list_views(get_resolver().url_patterns)
    upload_urls = {url for url, view in every if hasattr(view, "uploads")}
    upload_urls |= set(list_uploads())
    assert set(build_paths().uploads) == upload_urls
    assert len(upload_urls) == 4


def test_names_public_pages_and_downloads():
    assert build_paths().public[0] == "/accounts/login/"
    assert "/files/*/download/" in build_paths().downloads
    assert build_paths().static == settings.STATIC_URL
