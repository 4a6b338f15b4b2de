"""Every form of the site: who sends it, from which page, with which data."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from django.conf import settings

from accounts.tests.people import PASSWORD
from config.database.monitor.console import Console
from config.mail.models import Mail
from config.tests.world import (
    ADA,
    CARL,
    DELETED,
    FAVOURITE,
    FILE,
    LINK,
    OTHER,
    RESTING,
    ROW,
    SESSION,
    ada,
    anonymous,
    carl,
    changing_email,
    grace,
    reauthenticated,
    signed_up_earlier,
    signing_up,
    with_link,
    without_password,
)
from files.tests.content import make_image

NEW = {"password1": "nine-blue-submarines", "password2": "nine-blue-submarines"}
ADDRESS = {"email": "countess@example.org"}
EXPERT = {"slug": "law", "name": "Law", "description": "Knows the law.", "prompt": "Be exact."}
NOTES = {"file": ("new.txt", b"Ask about the budget.\n", "text/plain")}
AVATAR = {"image": ("me.png", make_image(), "image/png")}
CODE_PAGE = "/accounts/confirm-email/"
# Seconds between both requests, if the first changes who is signed in; else they are concurrent.
GAPS = (0, 0.15)


def get_code():
    text = Mail.objects.filter(body__contains="code").latest("queued_at").body
    return {"code": re.search(r"^ +([A-Z]{4}-[A-Z]{4})$", text, re.MULTILINE)[1]}


def do_nothing():
    pass


def resume_web_pool():
    with Console(settings.POOLS["web"]) as console:
        console.resume()


@dataclass(frozen=True)
class FormCase:
    """`name` is the form's, `asked` is sent first to get it; `keeps`: it changes no row.

    `undo` runs after each submission, if that changes more than rows.
    """

    name: str
    by: Callable
    at: str
    data: dict | Callable = field(default_factory=dict)
    files: dict | None = None
    asked: tuple | None = None
    status: int = 302
    keeps: bool = False
    gaps: tuple = (0,)
    undo: Callable = do_nothing

    def __str__(self):
        return f"{self.name} by {self.by.__name__}"


def get_admin_page(model):
    return f"/admin/{model.replace('_', '/')}/"


def make_admin_case(model, act, at="", /, **data):
    return FormCase(f"admin:{model}_{act}", grace, get_admin_page(model) + at, data)


def make_deletion_cases(model, key):
    """Yield the three forms that delete a row in the admin."""
    page, name = get_admin_page(model), f"admin:{model}_changelist delete_selected"
    chosen = {"action": "delete_selected", "_selected_action": str(key)}
    yield make_admin_case(model, "delete yes", f"{key}/delete/")
    yield FormCase(name, grace, page, chosen, status=200, keeps=True)
    yield FormCase(f"{name} yes", grace, page, asked=(page, chosen))


ACCOUNT_FORMS = [
    FormCase(
        "account_login",
        anonymous,
        "/accounts/login/",
        {"login": "ada@example.org", "password": PASSWORD},
        gaps=GAPS,
    ),
    FormCase(
        "account_signup",
        anonymous,
        "/accounts/signup/",
        {"email": "new@example.org", "password1": PASSWORD},
        gaps=GAPS,
    ),
    FormCase("account_email_verification_sent", signing_up, CODE_PAGE, get_code, gaps=GAPS),
    FormCase("account_email_verification_sent", changing_email, CODE_PAGE, get_code, gaps=GAPS),
    FormCase("account_email_verification_sent resend", signed_up_earlier, CODE_PAGE),
    FormCase("account_logout", ada, "/account/", gaps=GAPS),
    FormCase("account_logout cancel", signing_up, CODE_PAGE, gaps=GAPS, keeps=True),
    FormCase("account_logout correct", signing_up, CODE_PAGE, gaps=GAPS, keeps=True),
    FormCase(
        "account_reset_password",
        anonymous,
        "/accounts/password/reset/",
        {"email": "ada@example.org"},
    ),
    FormCase("account_reset_password_from_key", with_link, LINK, NEW),
    FormCase(
        "account_change_password",
        ada,
        "/accounts/password/change/",
        {"oldpassword": PASSWORD} | NEW,
    ),
    FormCase("account_set_password action", without_password, "/accounts/password/set/", NEW),
    FormCase("account_email action_add", ada, "/accounts/email/", ADDRESS, keeps=True),
    FormCase("account_email action_add", reauthenticated, "/accounts/email/", ADDRESS),
    FormCase(
        "account_reauthenticate",
        ada,
        "/accounts/reauthenticate/",
        {"password": PASSWORD},
        keeps=True,
    ),
    FormCase("accounts:sign_out_everywhere", ada, "/account/", gaps=GAPS),
    FormCase("admin:logout", grace, "/admin/", gaps=GAPS),
    FormCase("profiles:delete", ada, "/profile/delete/", {"password": PASSWORD}),
]
PAGE_FORMS = [
    FormCase("files:upload upload", ada, "/files/", files=NOTES),
    FormCase("files:delete", ada, "/files/"),
    FormCase("files:delete (part)", ada, "/files/", status=200),
    FormCase("files:restore", ada, "/files/?deleted=1"),
    FormCase(
        "files:restore (part)", ada, "/files/", status=200, asked=(f"/files/{FILE}/delete/", {})
    ),
    FormCase("files:delete_for_good", ada, f"/files/{DELETED}/delete-for-good/"),
    FormCase("files:empty_trash", ada, "/files/trash/empty/"),
    FormCase("onboarding:step name", carl, "/onboarding/name/", {"name": "Carl"}),
    FormCase("onboarding:step traits", carl, "/onboarding/traits/", {"traits": ["direct"]}),
    FormCase("onboarding:step experts", carl, "/onboarding/experts/", {"experts": [str(OTHER)]}),
    FormCase("onboarding:skip name", carl, "/onboarding/name/", keeps=True),
    FormCase("onboarding:skip traits", carl, "/onboarding/traits/", keeps=True),
    FormCase("onboarding:skip experts", carl, "/onboarding/experts/"),
    FormCase("onboarding:favourite", ada, "/"),
    FormCase("onboarding:favourite (part)", ada, "/", status=200),
    FormCase("onboarding:unfavourite", ada, "/"),
    FormCase("onboarding:unfavourite (part)", ada, "/", status=200),
    FormCase("profiles:profile", ada, "/profile/", {"bio": "Counts engines."}, files=AVATAR),
    FormCase("profiles:remove_avatar remove-avatar", ada, "/profile/"),
    FormCase("profiles:export", ada, "/profile/", status=200, keeps=True),
    FormCase("tours:start", ada, "/tour/"),
    FormCase("tours:start step", ada, "/tour/"),
    FormCase("tours:later", ada, "/"),
]
ADMIN_FORMS = [
    make_admin_case("account_emailaddress", "add", "add/", user=str(ADA), **ADDRESS),
    make_admin_case("account_emailaddress", "change", f"{ROW}/change/", **ADDRESS),
    *make_deletion_cases("account_emailaddress", ROW),
    *make_deletion_cases("accounts_session", SESSION),
    make_admin_case("accounts_user", "add", "add/", usable_password="true", **ADDRESS, **NEW),
    make_admin_case("accounts_user", "change", f"{ADA}/change/", name="Countess"),
    FormCase(
        "admin:auth_user_password_change",
        grace,
        f"/admin/accounts/user/{ADA}/password/",
        {"usable_password": "true"} | NEW,
    ),
    *make_deletion_cases("accounts_user", ADA),
    make_admin_case("auth_group", "add", "add/", name="Authors"),
    make_admin_case("auth_group", "change", f"{ROW}/change/", name="Authors"),
    *make_deletion_cases("auth_group", ROW),
    *make_deletion_cases("files_file", FILE),
    make_admin_case("mail_mail", "changelist try_again", _selected_action=str(ROW)),
    make_admin_case("mail_mail", "change", f"{ROW}/change/"),
    *make_deletion_cases("mail_mail", ROW),
    make_admin_case("onboarding_expert", "add", "add/", **EXPERT),
    make_admin_case("onboarding_expert", "change", f"{OTHER}/change/", **EXPERT),
    make_admin_case("onboarding_expert", "changelist activate", _selected_action=str(RESTING)),
    make_admin_case("onboarding_expert", "changelist deactivate", _selected_action=str(FAVOURITE)),
    *make_deletion_cases("onboarding_expert", OTHER),
    make_admin_case("onboarding_preferences", "change", f"{ADA}/change/", traits=["direct"]),
    *make_deletion_cases("onboarding_preferences", ADA),
    make_admin_case("profiles_profile", "change", f"{ADA}/change/", bio="Counts engines."),
    make_admin_case("profiles_profile", "changelist remove_avatars", _selected_action=str(ADA)),
    *make_deletion_cases("profiles_profile", ADA),
    make_admin_case("tours_tour", "change", f"{ADA}/change/", answered="on"),
    make_admin_case("tours_tour", "changelist offer_again", _selected_action=str(CARL)),
    *make_deletion_cases("tours_tour", ADA),
]
POOL_FORMS = [
    FormCase("admin:pools_pause", grace, "/admin/pools/web/pause/", undo=resume_web_pool),
    FormCase("admin:pools_resume", grace, "/admin/pools/web/resume/"),
    FormCase("admin:pools_reconnect", grace, "/admin/pools/web/reconnect/"),
]
FORMS = [*ACCOUNT_FORMS, *PAGE_FORMS, *ADMIN_FORMS, *POOL_FORMS]
