"""The private APIs of libraries that docs/private-apis.md lists exist, with these parameters."""

import inspect
from importlib import import_module
from operator import attrgetter

import pytest
from django.conf import settings
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.contrib.messages.storage.cookie import CookieStorage
from django.core.management.commands import dbshell
from django.db import connection, connections
from django.db.models.query import get_related_populators
from django.http import HttpResponse
from django.middleware.csrf import (
    REASON_CSRF_TOKEN_MISSING,
    REASON_NO_CSRF_COOKIE,
    CsrfViewMiddleware,
)
from django.utils.module_loading import import_string
from ninja.openapi.schema import BODY_CONTENT_TYPES

from accounts.models import Session, User

# What the code calls, or overrides and calls with super(): a module, its attribute, the parameters.
CALLED = {
    "allauth.account.adapter": {
        "DefaultAccountAdapter._get_login_attempts_cache_key": "self request credentials",
        "DefaultAccountAdapter._rollback_login_failed_rl_usage": "self",
        "DefaultAccountAdapter.pre_authenticate": "self request credentials",
    },
    "allauth.account.auth_backends": {
        "AuthenticationBackend._check_password": "self user password",
    },
    "allauth.account.forms": {"SignupForm.try_save": "self request"},
    "allauth.account.utils": {"setup_user_email": "request user addresses"},
    "allauth.core.internal.ratelimit": {
        "Rate": "amount duration per",
        "get_cache_key": "request app action rate key user",
        "get_rates": "app action config",
    },
    "allauth.core.ratelimit": {"consume": "request action key user dry_run raise_exception"},
    "django.contrib.admin.options": {"ModelAdmin.log_deletions": "self request queryset"},
    "django.contrib.admin.sites": {"AdminSite.admin_view": "self view cacheable"},
    "django.contrib.admin.views.main": {"ChangeList.get_results": "self request"},
    "django.contrib.sessions.backends.db": {
        "SessionStore._aget_session_from_db": "self",
        "SessionStore._get_session_from_db": "self",
        "SessionStore._validate_session_key": "self key",
    },
    "django.core.files.storage": {"FileSystemStorage._save": "self name content"},
    "django.core.management": {"ManagementUtility": "argv"},
    "django.core.management.sql": {
        "emit_post_migrate_signal": "verbosity interactive db kwargs",
        "sql_flush": "style connection reset_sequences allow_cascade",
    },
    "django.db.backends.postgresql.base": {
        "DatabaseWrapper.close_if_health_check_failed": "self",
        "DatabaseWrapper.close_if_unusable_or_obsolete": "self",
        "DatabaseWrapper.connect": "self",
        "DatabaseWrapper.create_cursor": "self name",
        "DatabaseWrapper.get_connection_params": "self",
        "DatabaseWrapper.get_new_connection": "self conn_params",
        "DatabaseWrapper.is_usable": "self",
    },
    "django.db.backends.postgresql.client": {"DatabaseClient.runshell": "self parameters"},
    "django.db.models.sql.compiler": {
        "SQLCompiler.apply_converters": "self rows converters",
        "SQLCompiler.get_converters": "self expressions",
    },
    "django.db.transaction": {"mark_for_rollback_on_error": "using"},
    "django.db.utils": {"ConnectionHandler.create_connection": "self alias"},
    "django.http.multipartparser": {
        "MultiPartParser": "META input_data upload_handlers encoding",
        "MultiPartParser.sanitize_file_name": "self file_name",
    },
    "django.core.handlers.wsgi": {"WSGIRequest": "environ"},
    "django.utils.cache": {"get_conditional_response": "request etag last_modified response"},
    "django.utils.connection": {"ConnectionProxy": "connections alias"},
    "django.utils.crypto": {
        "constant_time_compare": "val1 val2",
        "get_random_string": "length allowed_chars",
        "salted_hmac": "key_salt value secret algorithm",
    },
    "django.utils.functional": {"SimpleLazyObject": "func"},
    "django.utils.http": {
        "content_disposition_header": "as_attachment filename",
        "quote_etag": "etag_str",
        "url_has_allowed_host_and_scheme": "url allowed_hosts require_https",
    },
    "environ": {
        "Env.cache_url_config": "url backend",
        "Env.email_url_config": "url backend",
    },
    "ninja": {
        "NinjaAPI.get_openapi_schema": "self path_prefix path_params",
        "NinjaAPI.on_exception": "self request exc",
    },
    "ninja.operation": {"Operation.run": "self request kw"},
    "ninja.params.models": {
        "Body._param_source": "",
        "BodyModel.get_request_data": "request api path_params",
    },
    "psycopg": {"Connection.wait": "self gen interval timeout"},
}
# What the code relies on besides: attributes, keys, messages.
FOUND = {
    "allauth.account.forms": (
        "default_token_generator",
        "self._login",
        "self.account_already_exists",
        "self.expected_code",
    ),
    "allauth.account.internal.flows.code_verification": (
        '"at"',
        '"failed_attempts"',
        "def persist",
        "self.max_attempts",
        "self.state",
    ),
    "allauth.account.internal.flows.email_verification_by_code": (
        "def email",
        "def generate_code",
        "def resend",
    ),
    "allauth.account.mixins": ("def passthrough_next_url",),
    "allauth.account.views": ("self._action", "self._process"),
    "django.contrib.admin.options": ("wrapper.model_admin = self",),
    "django.contrib.sessions.backends.base": ("self._session_key",),
    "django.db.backends.base.base": ("Cannot open a new connection in an atomic block.",),
    "gunicorn.http.wsgi": ('"gunicorn.socket"',),
    "ninja.operation": ("self.models", "self.openapi_extra", "self.view_func"),
    "ninja.params.models": ("__read_from_single_attr__", "_model", "_param_source"),
    "ninja.signature.details": ("__ninja_param_source__",),
    "psycopg._connection_base": ("received {len(results)} results from command", "is closed"),
}
PARTS = [
    pytest.param(module, part, id=f"{module}: {part}")
    for module, parts in FOUND.items()
    for part in parts
]
# What Django remembers of a transaction, and a new connection takes over.
TRANSACTION = (
    "autocommit",
    "in_atomic_block",
    "savepoint_ids",
    "atomic_blocks",
    "needs_rollback",
    "closed_in_transaction",
    "run_on_commit",
    "run_commit_hooks_on_set_autocommit_on",
)
NAMES = [
    pytest.param(module, name, parameters, id=f"{module}.{name}")
    for module, names in CALLED.items()
    for name, parameters in names.items()
]


@pytest.mark.parametrize(("module", "name", "parameters"), NAMES)
def test_a_callable_takes_these_parameters(module, name, parameters):
    owner, _, rest = name.partition(".")
    called = import_string(f"{module}.{owner}")
    signature = inspect.signature(attrgetter(rest)(called) if rest else called)
    assert list(signature.parameters) == parameters.split()


@pytest.mark.parametrize(("module", "part"), PARTS)
def test_a_module_has_this_in_its_source(module, part):
    assert part in inspect.getsource(import_module(module))


def test_ninja_names_the_content_types_of_bodies():
    assert {"body", "file"} <= BODY_CONTENT_TYPES.keys()


def test_connections_keep_their_settings():
    assert connections.settings["default"] is connections["default"].settings_dict
    assert [name for name in TRANSACTION if not hasattr(connection, name)] == []
    assert isinstance(connection.execute_wrappers, list)


@pytest.mark.django_db
def test_a_connection_of_psycopg_begins_transactions_as_set():
    connection.ensure_connection()
    names = ("autocommit", "isolation_level", "read_only", "deferrable")
    assert [name for name in names if not hasattr(connection.connection, name)] == []


def test_a_compiler_tells_how_rows_become_objects():
    compiler = Session.objects.all().query.get_compiler(using="default")
    compiler.as_sql()
    assert compiler.klass_info["select_fields"]
    assert all(hasattr(column, "target") for column, *_ in compiler.select)
    populators = get_related_populators(compiler.klass_info, compiler.select, "default")
    assert callable(populators[0].populate)


def test_a_user_remembers_a_new_password_until_it_is_saved():
    user = User(email="ada@example.com")
    assert user._password is None
    user.set_password("correct horse")
    assert user._password == "correct horse"


def test_csrf_failures_have_these_reasons():
    message = CsrfViewMiddleware(HttpResponse)._bad_token_message("incorrect", "POST")
    assert message.startswith("CSRF token from POST")
    assert REASON_CSRF_TOKEN_MISSING
    assert REASON_NO_CSRF_COOKIE


def test_django_lists_common_passwords():
    assert "password" in CommonPasswordValidator().passwords


def test_the_cookie_of_messages_has_a_name_to_override():
    assert CookieStorage.cookie_name == "messages"


def test_dbshell_takes_parameters():
    parser = dbshell.Command().create_parser("manage.py", "dbshell")
    assert parser.parse_args(["--", "-c", "SELECT 1"]).parameters == ["-c", "SELECT 1"]


def test_the_document_names_each():
    text = (settings.BASE_DIR / "docs/private-apis.md").read_text()
    called = [name.rpartition(".")[2] for names in CALLED.values() for name in names]
    assert [name for name in called if name not in text] == []
