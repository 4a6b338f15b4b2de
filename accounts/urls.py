"""A person's own account, and those of allauth's addresses, under accounts/, that are ours."""

from allauth.account import views as allauth
from django.urls import path, re_path

from accounts import views
from accounts.code_page import CodeView
from accounts.views import in_one_transaction

app_name = "accounts"

urlpatterns = [
    path("", views.account, name="account"),
    path("sign-out-everywhere/", views.sign_out_everywhere, name="sign_out_everywhere"),
]

entrance = [
    path("signup/", views.SignupView.as_view(), name="account_signup"),
    path("email/", views.EmailChangeView.as_view(), name="account_email"),
    path(
        "confirm-email/",
        in_one_transaction(CodeView),
        name="account_email_verification_sent",
    ),
    path(
        "password/change/",
        in_one_transaction(allauth.PasswordChangeView),
        name="account_change_password",
    ),
    path("password/set/", in_one_transaction(allauth.PasswordSetView), name="account_set_password"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        in_one_transaction(views.PasswordResetFromKeyView),
        name="account_reset_password_from_key",
    ),
]
