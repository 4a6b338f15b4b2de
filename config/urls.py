from django.contrib import admin
from django.urls import include, path

from accounts.urls import allauth_overrides
from config import health
from config.api import api
from onboarding.views import home

handler400 = "config.error_pages.bad_request"
handler404 = "config.error_pages.not_found"
handler429 = "accounts.rate_limits.too_many_requests"
handler500 = "config.error_pages.server_error"

urlpatterns = [
    path("api/", api.urls),  # first, as it has the most requests
    path("", home, name="home"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("admin/", admin.site.urls),
    path("accounts/", include(allauth_overrides)),
    path("accounts/", include("allauth.account.urls")),
    path("account/", include("accounts.urls")),
    path("onboarding/", include("onboarding.urls")),
    path("profile/", include("profiles.urls")),
    path("tour/", include("tours.urls")),
    path("files/", include("files.urls")),
]
