"""The site's addresses."""

from django.contrib import admin
from django.urls import include, path

from accounts.urls import entrance
from config import views
from config.api import api

handler400 = "config.views.bad_request"
handler404 = "config.views.not_found"
handler429 = "accounts.rate_limits.too_many_requests"
handler500 = "config.views.server_error"

urlpatterns = [
    path("api/", api.urls),  # first, as it is asked most
    path("", views.home, name="home"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("admin/", admin.site.urls),
    path("accounts/", include(entrance)),
    path("accounts/", include("allauth.account.urls")),
    path("account/", include("accounts.urls")),
    path("onboarding/", include("onboarding.urls")),
    path("profile/", include("profiles.urls")),
    path("tour/", include("tours.urls")),
    path("files/", include("files.urls")),
]
