"""The documents name only paths, links, commands and variables that exist."""

import re

import pytest
from django.conf import settings
from django.core.management import get_commands, load_command_class

ROOT = settings.BASE_DIR
LONGEST_README = 120
DOCUMENTS = sorted(
    [
        *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
        *(ROOT / "docs").rglob("*.md"),
    ]
)
# Made by deploy/up, or on a server of the reader's: not in the repository.
ELSEWHERE = ("var/", "/etc/", "/srv/", "/onboarding/", "/profile/", "/api/", "pg_catalog")
# Upper-case words in backticks that are no variables: of SQL, the shell, psql or Python, and what
# a reader replaces.
NO_VARIABLES = re.compile(
    "APP|APPS|BEGIN|CHECKPOINT|COMMIT|COOKIE|DROP|FILE|JOBS|LOCAL|NAME|NUMBER|ON_ERROR_STOP|PAUSE"
    "|PUBLIC|RECONNECT|RELOAD|RESUME|SECONDS|SELECT|SET|SIGHUP|SIGINT|TOKEN|UPDATE|WEB|WITH"
)

FENCES = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r'\]\(([^)\s]+)\)|(?:src|href)="([^"]+)"')
COMMAND = re.compile(r"\bmanage\.py ((?:--wait \d+ )?[a-z_]+)")
USE = re.compile(r"\bmanage\.py ([a-z_]+)([^|<>]*)")
OPTION = re.compile(r"(?<![\w-])--[a-z-]+")
PATH = re.compile(r"\.?[\w.-]+(?:/[\w.*-]+)*/?")
VARIABLE = re.compile(r"(?<![.\w])[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b|^[A-Z]{3,}$")
SUFFIXES = (".py", ".md", ".toml", ".yml", ".yaml", ".txt", ".json", ".example", ".conf")


def each(finder):
    """Run a test with each document and what `finder` finds in its text."""
    found = [(path, item) for path in DOCUMENTS for item in sorted(set(finder(path.read_text())))]
    ids = [f"{path.relative_to(ROOT)}: {item}" for path, item in found]
    return pytest.mark.parametrize(("document", "item"), found, ids=ids)


def find_code(text):
    """Return what is in backticks, and the words of the shell's lines."""
    inline = CODE.findall(FENCES.sub("", text))
    lines = "\n".join(body for kind, body in FENCES.findall(text) if kind == "sh")
    return [*inline, *re.sub(r"#.*", "", lines).split()]


def find_paths(text):
    """Return the words that can only be paths of the repository."""
    words = [word.rstrip(",;:") for code in find_code(text) for word in code.split()]
    return [
        word
        for word in words
        if PATH.fullmatch(word)
        and not word.startswith(ELSEWHERE)
        and ("/" in word or word.endswith(SUFFIXES))
        and not is_placeholder(word)
    ]


def is_placeholder(word):
    """Whether a part is for the reader to replace, or the word is a file of every app."""
    is_of_every_app = "/" not in word and word.endswith((".py", ".dump", ".json"))
    return is_of_every_app or any(part.isupper() for part in re.split(r"[/.]", word))


def find_links(text):
    links = ["".join(pair) for pair in LINK.findall(FENCES.sub("", text))]
    return [link for link in links if "://" not in link]


def find_commands(text):
    return [name.split()[-1] for name in COMMAND.findall(text)]


def find_options(text):
    """Return each option with its command, as in `seed_experts --file`."""
    inline = CODE.findall(FENCES.sub("", text))
    lines = [line for _, body in FENCES.findall(text) for line in body.splitlines()]
    calls = [USE.search(line.partition(" -- ")[0]) for line in [*inline, *lines]]
    return [f"{call[1]} {option}" for call in calls if call for option in OPTION.findall(call[2])]


def find_variables(text):
    codes = [*CODE.findall(FENCES.sub("", text)), *(body for _, body in FENCES.findall(text))]
    names = [name for code in codes for name in VARIABLE.findall(code)]
    return [name for name in names if not NO_VARIABLES.fullmatch(name)]


def list_variables():
    """Return the variables of .env.example."""
    lines = (ROOT / ".env.example").read_text()
    return re.findall(r"^#?([A-Z][A-Z0-9_]*)=", lines, re.MULTILINE)


def list_anchors(document):
    """Return the anchors of the headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", FENCES.sub("", document.read_text()), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.replace(" ", "-") for heading in plain}


def is_variable(name):
    known = {*list_variables(), *dir(settings), *settings.DATABASES["default"]}
    return name in known or name.removesuffix("_FILE") in known


@each(find_paths)
def test_a_path_exists(document, item):
    assert list(ROOT.glob(item.rstrip("/")))


@each(find_links)
def test_a_link_leads_somewhere(document, item):
    path, _, anchor = item.partition("#")
    target = (document.parent / path).resolve() if path else document
    assert target.exists()
    assert not anchor or anchor in list_anchors(target)


@each(find_commands)
def test_a_command_exists(document, item):
    assert item in get_commands()


@each(find_options)
def test_a_command_has_an_option(document, item):
    name, option = item.split()
    command = load_command_class(get_commands()[name], name)
    options = command.create_parser("manage.py", name)._option_string_actions
    assert option in {*options, "--wait"}


@each(find_variables)
def test_a_variable_is_in_env_example_or_a_setting(document, item):
    assert is_variable(item)


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text().splitlines()) <= LONGEST_README


@pytest.mark.parametrize("name", list_variables())
def test_env_example_or_a_document_describes_a_variable(name):
    """A comment stands above it or above its group, or a document names it."""
    groups = (ROOT / ".env.example").read_text().split("\n\n")
    (group,) = [group for group in groups if re.search(rf"^#?{name}=", group, re.MULTILINE)]
    is_explained = any(line.startswith("# ") for line in group.splitlines())
    assert is_explained or any(name in path.read_text() for path in DOCUMENTS)


def test_finds_what_does_not_exist():
    text = "`config/nothing.py` [a](gone.md) `manage.py fly` `POOL_WEB_NONE` `files/gone/`"
    assert find_paths(text) == ["config/nothing.py", "files/gone/"]
    assert find_links(text) == ["gone.md"]
    assert [name in get_commands() for name in find_commands(text)] == [False]
    assert [is_variable(name) for name in find_variables(text)] == [False]
