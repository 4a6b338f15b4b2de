"""URLs of the account pages, and replacements for some of allauth's."""

from allauth.account import views as allauth
from django.urls import path, re_path

from accounts import views
from accounts.code_page import CodeView
from accounts.views import make_atomic_view

app_name = "accounts"

urlpatterns = [
    path("", views.account, name="account"),
    path("sign-out-everywhere/", views.sign_out_everywhere, name="sign_out_everywhere"),
]

allauth_overrides = [
    path("signup/", views.SignupView.as_view(), name="account_signup"),
    path("email/", views.EmailChangeView.as_view(), name="account_email"),
    path(
        "confirm-email/",
        make_atomic_view(CodeView),
        name="account_email_verification_sent",
    ),
    path(
        "password/change/",
        make_atomic_view(allauth.PasswordChangeView),
        name="account_change_password",
    ),
    path("password/set/", make_atomic_view(allauth.PasswordSetView), name="account_set_password"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        make_atomic_view(views.PasswordResetFromKeyView),
        name="account_reset_password_from_key",
    ),
]
