from django.urls import path

from bench.stock.api import api

urlpatterns = [path("api/", api.urls)]
