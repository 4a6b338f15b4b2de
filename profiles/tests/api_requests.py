"""Requests that change the profile by the API."""

import json

from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

URL = "/api/profile"


def patch(client, change):
    return client.patch(URL, json.dumps(change), "application/json")


def send(client, **fields):
    return client.patch(URL, encode_multipart(BOUNDARY, fields), MULTIPART_CONTENT)


def get_error_fields(response):
    assert response.status_code == 422
    assert response.json()["code"] == "invalid:api"
    return set(response.json()["fields"])
