"""Imports point one way: config's packages <- accounts <- the apps <- the composition."""

import ast
from pathlib import Path

import pytest
from django.conf import settings

# Each layer may import itself and the layers before it; apps of one layer import each other only as
# APPS allows.
SHARED = ("config.database", "config.lib", "config.mail", "config.observe", "config.proxy")
APPS = {
    "accounts": {"accounts"},
    "onboarding": {"accounts", "onboarding"},
    "tours": {"accounts", "tours"},
    "files": {"accounts", "files"},
    "profiles": {"accounts", "onboarding", "tours", "files", "profiles"},
}


def list_modules():
    for part in ("config", *APPS):
        for path in (settings.BASE_DIR / part).rglob("*.py"):
            if not {"tests", "migrations"} & set(path.parts):
                name = ".".join(path.relative_to(settings.BASE_DIR).with_suffix("").parts)
                yield pytest.param(path, name.removesuffix(".__init__"), id=name)


def list_imports(path: Path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def is_allowed(importer: str, imported: str) -> bool:
    """Return whether an import of one module by another points down."""
    app = importer.partition(".")[0]
    if imported.partition(".")[0] in APPS:
        allowed = APPS.get(app, set(APPS) if not importer.startswith(SHARED) else set())
        return imported.partition(".")[0] in allowed
    if imported.startswith("config."):
        return imported.startswith(SHARED) or (app == "config" and not importer.startswith(SHARED))
    return True


@pytest.mark.parametrize(("path", "name"), list(list_modules()))
def test_modules_import_only_lower_layers(path, name):
    assert [imported for imported in list_imports(path) if not is_allowed(name, imported)] == []


def test_finds_an_import_that_points_up():
    assert not is_allowed("config.lib.search", "accounts.models.User")
    assert not is_allowed("config.proxy.files", "config.api.api")
    assert not is_allowed("accounts.models", "files.models.File")
    assert not is_allowed("files.models", "config.settings.PROXY")
    assert is_allowed("config.urls", "accounts.urls")
