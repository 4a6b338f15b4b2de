"""Settings, read from the environment only here; .env.example documents the variables."""

from __future__ import annotations

import os
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from django.core.exceptions import ImproperlyConfigured

from config.database import policy
from config.database.dsn import ServerURLError, parse_replica_urls, parse_server_urls
from config.database.render.django import Pooling, render_database
from config.lib import logs, regions
from config.lib.environment import CACHE_TABLE, Environment, bracket_ipv6, get_local_url
from config.lib.ports import check_ports
from config.proxy.policy import Proxy
from files import storage_settings

BASE_DIR = Path(__file__).resolve().parent.parent

env = Environment()
env.read_env(os.environ.get("ENV_FILE", BASE_DIR / ".env"))

# The site
DEBUG = env.flag("DEBUG")
SECRET_KEY = env.required("SECRET_KEY", "run deploy/up, or give 50 random letters.")
VAR_DIR = (BASE_DIR / env.text("VAR_DIR", "var")).resolve()
# deploy/up makes var/run a symlink if the path is too long for a socket.
RUN_DIR = str((VAR_DIR / "run").resolve())
BIND = env.text("BIND", "127.0.0.1")
PORT = env.integer("PORT", 8000, 1, 65535)
SITE = env.site_url("SITE_URL", get_local_url(BIND, PORT))
SITE_URL = SITE.geturl()
SITE_HOST = bracket_ipv6(str(SITE.hostname))
HTTPS = SITE.scheme == "https"
MAIL_DOMAIN = SITE.hostname if HTTPS else "localhost"
ALLOWED_HOSTS = [SITE_HOST] if HTTPS else [SITE_HOST, "127.0.0.1", "localhost", "[::1]"]
CSRF_TRUSTED_ORIGINS = [SITE_URL]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Processes and threads
WEB_WORKERS = env.integer("WEB_WORKERS", 2, 1, 64)
WEB_THREADS = env.integer("WEB_THREADS", 12, 1, 256)
# Behind HAProxy, each gunicorn process listens on its own socket.
HAPROXY = env.flag("HAPROXY", default=True)
WEB_SOCKET = env.text("WEB_SOCKET") if HAPROXY else ""
HOSTS = env.integer("HOSTS", 1, 1, 100)
HOST_NAME = env.host_name("HOST_NAME", socket.gethostname())
METRICS = env.flag("METRICS")
METRICS_PORT = env.integer("METRICS_PORT", 9127, 1024, 65535)
METRICS_SOCKET = f"{RUN_DIR}/metrics.sock"

# Several regions
REGION = regions.Region(
    name=env.text("REGION"),
    primary=env.text("PRIMARY_REGION"),
    writes=env.choice("REGION_WRITES", "pool", regions.WRITES),
    primary_url=env.text("PRIMARY_URL"),
    primary_ca=env.file("PRIMARY_CA"),
    haproxy=HAPROXY,
)

# The two pools, and one for each replica
WEB_POOL = policy.move_away(policy.WEB) if REGION.is_secondary else policy.WEB
try:
    POOLS = {
        base.name: policy.override(replace(base, hosts=HOSTS), {n: env.text(n) for n in names})
        for base in (WEB_POOL, policy.JOBS, policy.READ)
        for names in [policy.list_variables(base)]
    }
    POSTGRES, POSTGRES_ADMIN, POSTGRES_MONITOR = parse_server_urls(
        env.required("POSTGRES_URL", "give its URL, or run deploy/up for a private one."),
        jobs=env.text("POSTGRES_JOBS_URL"),
        admin=env.text("POSTGRES_ADMIN_URL"),
        monitor=env.text("POSTGRES_MONITOR_URL"),
    )
    POSTGRES_READ = parse_replica_urls(env.text("POSTGRES_READ_URL"), POSTGRES)
    READ_POOLS = policy.number_pools(POOLS.pop("read"), POSTGRES_READ)
except (policy.PolicyError, ServerURLError) as error:
    raise ImproperlyConfigured(str(error)) from None
DATABASE_POOLING = cast(
    "Pooling", env.choice("DATABASE_POOLING", "pgbouncer", ("pgbouncer", "direct"))
)
PGBOUNCER_HOST = env.host("PGBOUNCER_HOST", RUN_DIR)
PGBOUNCER_DIR = VAR_DIR / "pgbouncer"
DATABASES: dict[str, dict[str, Any]] = {
    pool.alias: render_database(
        pool, server, pooling=DATABASE_POOLING, pgbouncer_host=PGBOUNCER_HOST
    )
    for name, pool in (POOLS | READ_POOLS).items()
    for server in [(POSTGRES | POSTGRES_READ)[name]]
}
if DATABASE_POOLING == "direct":
    # Without PgBouncer the threads are the cap.
    WEB_THREADS = max(1, POOLS["web"].max_connections // WEB_WORKERS)

CACHES = {"default": env.cache("CACHE_URL", CACHE_TABLE)}

INSTALLED_APPS = [
    "config",
    "config.database",
    "config.mail",
    "config.pools",
    "accounts",
    "onboarding",
    "profiles",
    "tours",
    "files",
    "allauth",
    "allauth.account",
    "ninja",
    "django_htmx",
    "config.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.forms",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "config.observe.request_log.log_requests",
    "config.middleware.handle_head_as_get",
    "config.middleware.set_isolation_headers",
    "config.middleware.allow_probes_by_any_host",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.default_to_no_store",
    "config.middleware.set_content_security_policy",
    "config.middleware.require_content_length",
    "config.middleware.limit_body_size",
    "config.pools.middleware.use_jobs_pool",
    "config.database.middleware.limit_wait",
    "config.database.replicas.middleware.read_from_replicas",
    "accounts.form_tokens.replay_response",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "config.middleware.BodyLimitMiddleware",
    "files.upload_handler.close_unfinished_upload",
    "django.middleware.csrf.CsrfViewMiddleware",
    "accounts.form_tokens.DuplicateFormMiddleware",
    "accounts.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.HtmxMiddleware",
    "accounts.middleware.FirstPasswordMiddleware",
    "profiles.middleware.local_formats",
    "onboarding.middleware.OnboardingMiddleware",
    "config.middleware.render_method_not_allowed",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# Accounts
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{rule}Validator"}
    for rule in ("UserAttributeSimilarity", "MinimumLength", "CommonPassword", "NumericPassword")
] + [{"NAME": "accounts.passwords.GuessablePasswordValidator"}]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "account_login"
PASSWORD_RESET_TIMEOUT = 3600
SESSION_ENGINE = "accounts.sessions"
# Each adds columns to the statement that every request runs.
SESSION_MODELS = ("onboarding.Preferences", "profiles.Profile", "tours.Tour")
SESSION_COOKIE_AGE = 14 * 24 * 3600
MESSAGE_STORAGE = "config.lib.cookies.MessageStorage"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "add_email": "accounts.forms.AddEmailForm",
    "login": "accounts.forms.LoginForm",
    "signup": "accounts.forms.SignupForm",
    "change_password": "accounts.forms.ChangePasswordForm",
    "reauthenticate": "accounts.forms.ReauthenticateForm",
    "reset_password": "accounts.forms.ResetPasswordForm",
    "confirm_email_verification_code": "accounts.forms.ConfirmCodeForm",
    "reset_password_from_key": "accounts.forms.ResetPasswordKeyForm",
    "set_password": "accounts.forms.SetPasswordForm",
}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
# Without verification, sign-up would reveal whether an e-mail address has an account.
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = 10
ACCOUNT_LOGIN_TIMEOUT = 3600
# Other limits are allauth's defaults; "key" is the e-mail address.
ACCOUNT_RATE_LIMITS = {
    "login_failed": "10/m/ip,5/5m/key",
    "confirm_email": "1/10s/key,10/h/key",
    "reset_password": "20/m/ip,5/h/key",
}
ACCOUNT_PREVENT_ENUMERATION = True
# allauth's generator queries a user's e-mail addresses, so its timing would reveal accounts.
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105  a class
ACCOUNT_CHANGE_EMAIL = ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_DEFAULT_HTTP_PROTOCOL = SITE.scheme
# HAProxy passes exactly one IP address, the client's.
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if HAPROXY else env.integer("TRUSTED_PROXY_COUNT", 0, 0, 10)
# Sign-in accepts e-mail addresses only, so an IP address after the @ is rejected.
ADMIN_EMAIL = env.mailbox("ADMIN_EMAIL", "admin@localhost")
ADMIN_PASSWORD = env.text("ADMIN_PASSWORD")

# Mail
vars().update(env.mail("EMAIL_URL", f"filemail:///{VAR_DIR / 'mail'}"))
EMAIL_TIMEOUT = 10  # seconds for each step of a delivery
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.text("EMAIL_FROM", f"AI4CEO <noreply@{MAIL_DOMAIN}>")

# Language, time
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = False

# Uploads; a megabyte is a million bytes
FILE_TYPES = env.subset("FILE_TYPES", ("jpeg", "png", "webp", "pdf", "txt", "csv", "md"))
FILE_MAX_SIZE = env.integer("FILE_MAX_SIZE_MB", 5, 1, 1000) * 1_000_000
FILE_QUOTA = env.integer("FILE_QUOTA_MB", 500, 1, 1_000_000) * 1_000_000
FILES_AT_ONCE = 10
# The margin is for the form's other fields; without it the form could not show its errors.
REQUEST_MAX_SIZE = FILES_AT_ONCE * FILE_MAX_SIZE + 1_000_000
DATA_UPLOAD_MAX_NUMBER_FILES = 10 * FILES_AT_ONCE
# Bodies without files; anonymous users may send no others.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
# In the admin, as many rows can be selected as fit into such a body.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000
FILE_UPLOAD_HANDLERS = [
    "files.upload_handler.NamePreservingHandler",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "files.upload_handler.TemporaryFileHandler",
]
S3_DOWNLOADS = env.choice("S3_DOWNLOADS", "signed", ("signed", "site"))

# Static files
STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STORAGES = {
    "default": storage_settings.build_storage(
        VAR_DIR / "files",
        env.text("S3_BUCKET"),
        endpoint=env.text("S3_ENDPOINT_URL"),
        region=env.text("S3_REGION"),
        key_id=env.text("S3_ACCESS_KEY_ID"),
        secret=env.text("S3_SECRET_ACCESS_KEY"),
    ),
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# Security
SECURE_REFERRER_POLICY = "same-origin"
# Browsers accept cookies with this prefix only from this host, over HTTPS.
COOKIE_PREFIX = "__Host-" if HTTPS else ""
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}sessionid"
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrftoken"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "accounts.csrf_failure.form_expired"
CSRF_COOKIE_SECURE = SESSION_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
# Other subdomains are not this project's to force to HTTPS or to preload.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None

# Logs
LOG_FORMAT = env.choice("LOG_FORMAT", "text", logs.FORMATS)
LOGGING = logs.build_logging_config(env.choice("LOG_LEVEL", "INFO", logs.LEVELS), LOG_FORMAT)
SENTRY_DSN = env.text("SENTRY_DSN")
ACCESS_LOG = env.choice("ACCESS_LOG", "file", ("file", "stderr", "off"))

# HAProxy
EDGE_HOSTS = env.addresses("EDGE_HOSTS")
PROXY = Proxy(
    bind=BIND,
    port=PORT,
    origin=f"{SITE.scheme}://{SITE.netloc}",
    run_dir=RUN_DIR,
    folder=str(VAR_DIR / "haproxy"),
    workers=WEB_WORKERS,
    threads=WEB_THREADS,
    queue_timeout=POOLS["web"].query_wait_timeout,
    largest_body=REQUEST_MAX_SIZE,
    largest_plain_body=DATA_UPLOAD_MAX_MEMORY_SIZE,
    session_cookie=SESSION_COOKIE_NAME,
    trusted_proxies=env.networks("TRUSTED_PROXIES"),
    tls_port=env.integer("TLS_PORT", 443, 1, 65535),
    tls_certificates=env.paths("TLS_CERT") if HAPROXY else (),
    region=REGION,
)
servers_beside = {n: s for n, s in (POSTGRES | POSTGRES_READ).items() if s.host == PGBOUNCER_HOST}
check_ports(PROXY, METRICS and METRICS_PORT, POOLS | READ_POOLS, servers_beside)
