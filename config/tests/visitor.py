"""A browser without JavaScript on the real site, which may send a form twice."""

from __future__ import annotations

import re
import threading
import time

import requests

from config.tests.forms import Page

TOKEN = "csrfmiddlewaretoken"
KEY = re.compile(r"[0-9a-f-]{36}")


class Visitor:
    """A browser's cookies, initially those of Django's test client if given.

    It does not follow redirects.
    """

    def __init__(self, site, client=None):
        self.site, self.cookies, self.token = site, {}, None
        for name, morsel in (client.cookies if client else {}).items():
            self.cookies[name] = morsel.value

    def get(self, path):
        return self.store_cookies(self.request("GET", path, self.cookies))

    def post(self, path, data, *, part=False, files=None):
        return self.store_cookies(self.send(path, data, self.cookies, part=part, files=files))

    def page(self, path, response):
        page = Page(path, response.text)
        self.token = page.token or self.token
        return page

    def open(self, path):
        return self.page(path, self.get(path))

    def follow(self, response):
        """Follow the response's redirects; return the final path, without keys, and its status."""
        path = response.url.removeprefix(self.site)
        while location := response.headers.get("Location"):
            path, response = location, self.get(location)
        return KEY.sub("KEY", path), response.status_code

    def post_twice(self, path, data, gap, **options):
        """Send the data twice from two threads with the same cookies; return both responses."""
        cookies, responses = dict(self.cookies), {}

        def send(number):
            time.sleep(gap * number)
            responses[number] = self.send(path, data, cookies, **options)

        threads = [threading.Thread(target=send, args=[number]) for number in (0, 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return responses[0], self.store_cookies(responses[1])

    def send(self, path, data, cookies, *, part=False, files=None):
        headers = {"HX-Request": "true"} if part else {}
        data = {TOKEN: self.token} | data
        return self.request("POST", path, cookies, data=data, files=files, headers=headers)

    def request(self, method, path, cookies, **options):
        return requests.request(
            method,
            self.site + path,
            cookies=dict(cookies),
            allow_redirects=False,
            timeout=60,
            **options,
        )

    def store_cookies(self, response):
        self.cookies |= {cookie.name: cookie.value for cookie in response.cookies}
        for cookie in response.raw.headers.getlist("Set-Cookie"):
            name, _, rest = cookie.partition("=")
            if rest.startswith(('""', ";")):
                self.cookies.pop(name, None)
        return response
