"""Every variable is documented once, in .env.example, with its default."""

import re

from django.conf import settings

from config.database import policy

READ = re.compile(r'env(?:iron)?\.\w+\(\s*"([A-Z_]+)"')
SHELL = re.compile(r"\$\(value ([A-Z_]+)\)|\$\{([A-Z_]+):-\.")
DOCUMENTED = re.compile(r"^#?([A-Z_]+)=(.*)$", re.MULTILINE)


def documented():
    return DOCUMENTED.findall((settings.BASE_DIR / ".env.example").read_text())


def read_by_settings():
    names = set(READ.findall((settings.BASE_DIR / "config/settings.py").read_text()))
    return names.union(policy.variables(policy.WEB), policy.variables(policy.JOBS))


def read_by_doors():
    folder = settings.BASE_DIR / "deploy"
    texts = [p.read_text() for p in (folder / "up", folder / "down", *folder.glob("lib/*"))]
    return {name for text in texts for match in SHELL.findall(text) for name in match if name}


def test_documents_every_variable_that_is_read_and_no_other():
    assert {name for name, _ in documented()} == read_by_settings() | read_by_doors()


def test_documents_each_variable_once():
    names = [name for name, _ in documented()]
    assert sorted(names) == sorted(set(names))


def test_shows_the_defaults_of_the_pools():
    shown = dict(documented())
    for pool in (policy.WEB, policy.JOBS):
        expected = {v: str(getattr(pool, name)) for v, name in policy.variables(pool).items()}
        assert {v: shown[v] for v in expected} == expected
