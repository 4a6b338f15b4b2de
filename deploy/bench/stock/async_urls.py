from django.urls import path

from bench.stock.async_api import api

urlpatterns = [path("api/", api.urls)]
