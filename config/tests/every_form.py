"""Every form of the site: who fills it in, on which page, and how."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from accounts.tests.people import PASSWORD
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
    carl,
    grace,
    joining,
    known,
    moving,
    stranger,
    waiting,
    with_link,
    without_password,
)
from files.tests.content import make_image

NEW = {"password1": "nine-blue-submarines", "password2": "nine-blue-submarines"}
ADDRESS = {"email": "countess@example.org"}
EXPERT = {"slug": "law", "name": "Law", "description": "Knows the law.", "prompt": "Be exact."}
NOTES = {"file": ("new.txt", b"Ask about the budget.\n", "text/plain")}
PORTRAIT = {"image": ("me.png", make_image(), "image/png")}
CODE_PAGE = "/accounts/confirm-email/"
# Seconds between the two, where the first soon changes who is signed in; else they come at once.
GAPS = (0, 0.15)


def code():
    text = Mail.objects.filter(body__contains="code").latest("queued_at").body
    return {"code": re.search(r"^ +([A-Z]{4}-[A-Z]{4})$", text, re.MULTILINE)[1]}


@dataclass(frozen=True)
class Sent:
    """`name` is the act's; `asked` is sent first, to get to the form; `keeps`: changes no row."""

    name: str
    by: Callable
    at: str
    data: dict | Callable = field(default_factory=dict)
    files: dict | None = None
    asked: tuple | None = None
    status: int = 302
    keeps: bool = False
    gaps: tuple = (0,)

    def __str__(self):
        return f"{self.name} by {self.by.__name__}"


def page_of(model):
    return f"/admin/{model.replace('_', '/')}/"


def in_admin(model, act, at="", /, **data):
    return Sent(f"admin:{model}_{act}", grace, page_of(model) + at, data)


def deletions(model, key):
    """The three forms that delete a row in the administration."""
    page, name = page_of(model), f"admin:{model}_changelist delete_selected"
    chosen = {"action": "delete_selected", "_selected_action": str(key)}
    yield in_admin(model, "delete yes", f"{key}/delete/")
    yield Sent(name, grace, page, chosen, status=200, keeps=True)
    yield Sent(f"{name} yes", grace, page, asked=(page, chosen))


WAYS_IN = [
    Sent(
        "account_login",
        stranger,
        "/accounts/login/",
        {"login": "ada@example.org", "password": PASSWORD},
        gaps=GAPS,
    ),
    Sent(
        "account_signup",
        stranger,
        "/accounts/signup/",
        {"email": "new@example.org", "password1": PASSWORD},
        gaps=GAPS,
    ),
    Sent("account_email_verification_sent", joining, CODE_PAGE, code, gaps=GAPS),
    Sent("account_email_verification_sent", moving, CODE_PAGE, code, gaps=GAPS),
    Sent("account_email_verification_sent resend", waiting, CODE_PAGE),
    Sent("account_logout", ada, "/account/", gaps=GAPS),
    Sent("account_logout cancel", joining, CODE_PAGE, gaps=GAPS, keeps=True),
    Sent("account_logout correct", joining, CODE_PAGE, gaps=GAPS, keeps=True),
    Sent(
        "account_reset_password",
        stranger,
        "/accounts/password/reset/",
        {"email": "ada@example.org"},
    ),
    Sent("account_reset_password_from_key", with_link, LINK, NEW),
    Sent(
        "account_change_password",
        ada,
        "/accounts/password/change/",
        {"oldpassword": PASSWORD} | NEW,
    ),
    Sent("account_set_password action", without_password, "/accounts/password/set/", NEW),
    Sent("account_email action_add", ada, "/accounts/email/", ADDRESS, keeps=True),
    Sent("account_email action_add", known, "/accounts/email/", ADDRESS),
    Sent(
        "account_reauthenticate",
        ada,
        "/accounts/reauthenticate/",
        {"password": PASSWORD},
        keeps=True,
    ),
    Sent("accounts:sign_out_everywhere", ada, "/account/", gaps=GAPS),
    Sent("admin:logout", grace, "/admin/", gaps=GAPS),
    Sent("profiles:delete", ada, "/profile/delete/", {"password": PASSWORD}),
]
PAGES = [
    Sent("files:upload upload", ada, "/files/", files=NOTES),
    Sent("files:delete", ada, "/files/"),
    Sent("files:delete (part)", ada, "/files/", status=200),
    Sent("files:restore", ada, "/files/?deleted=1"),
    Sent("files:restore (part)", ada, "/files/", status=200, asked=(f"/files/{FILE}/delete/", {})),
    Sent("files:delete_for_good", ada, f"/files/{DELETED}/delete-for-good/"),
    Sent("files:empty_trash", ada, "/files/trash/empty/"),
    Sent("onboarding:step name", carl, "/onboarding/name/", {"name": "Carl"}),
    Sent("onboarding:step traits", carl, "/onboarding/traits/", {"traits": ["direct"]}),
    Sent("onboarding:step experts", carl, "/onboarding/experts/", {"experts": [str(OTHER)]}),
    Sent("onboarding:skip name", carl, "/onboarding/name/", keeps=True),
    Sent("onboarding:skip traits", carl, "/onboarding/traits/", keeps=True),
    Sent("onboarding:skip experts", carl, "/onboarding/experts/"),
    Sent("onboarding:favourite", ada, "/"),
    Sent("onboarding:favourite (part)", ada, "/", status=200),
    Sent("onboarding:unfavourite", ada, "/"),
    Sent("onboarding:unfavourite (part)", ada, "/", status=200),
    Sent("profiles:profile", ada, "/profile/", {"bio": "Counts engines."}, files=PORTRAIT),
    Sent("profiles:remove_avatar remove-avatar", ada, "/profile/"),
    Sent("profiles:export", ada, "/profile/", status=200, keeps=True),
    Sent("tours:start", ada, "/tour/"),
    Sent("tours:start step", ada, "/tour/"),
    Sent("tours:later", ada, "/"),
]
ADMINISTRATION = [
    in_admin("account_emailaddress", "add", "add/", user=str(ADA), **ADDRESS),
    in_admin("account_emailaddress", "change", f"{ROW}/change/", **ADDRESS),
    *deletions("account_emailaddress", ROW),
    *deletions("accounts_session", SESSION),
    in_admin("accounts_user", "add", "add/", usable_password="true", **ADDRESS, **NEW),
    in_admin("accounts_user", "change", f"{ADA}/change/", name="Countess"),
    Sent(
        "admin:auth_user_password_change",
        grace,
        f"/admin/accounts/user/{ADA}/password/",
        {"usable_password": "true"} | NEW,
    ),
    *deletions("accounts_user", ADA),
    in_admin("auth_group", "add", "add/", name="Authors"),
    in_admin("auth_group", "change", f"{ROW}/change/", name="Authors"),
    *deletions("auth_group", ROW),
    *deletions("files_file", FILE),
    in_admin("mail_mail", "changelist try_again", _selected_action=str(ROW)),
    in_admin("mail_mail", "change", f"{ROW}/change/"),
    *deletions("mail_mail", ROW),
    in_admin("onboarding_expert", "add", "add/", **EXPERT),
    in_admin("onboarding_expert", "change", f"{OTHER}/change/", **EXPERT),
    in_admin("onboarding_expert", "changelist activate", _selected_action=str(RESTING)),
    in_admin("onboarding_expert", "changelist deactivate", _selected_action=str(FAVOURITE)),
    *deletions("onboarding_expert", OTHER),
    in_admin("onboarding_preferences", "change", f"{ADA}/change/", traits=["direct"]),
    *deletions("onboarding_preferences", ADA),
    in_admin("profiles_profile", "change", f"{ADA}/change/", bio="Counts engines."),
    in_admin("profiles_profile", "changelist remove_avatars", _selected_action=str(ADA)),
    *deletions("profiles_profile", ADA),
    in_admin("tours_tour", "change", f"{ADA}/change/", answered="on"),
    in_admin("tours_tour", "changelist offer_again", _selected_action=str(CARL)),
    *deletions("tours_tour", ADA),
]
FORMS = [*WAYS_IN, *PAGES, *ADMINISTRATION]
