"""A browser without JavaScript in front of the real site, which may send a form twice."""

from __future__ import annotations

import re
import threading
import time

import requests

from config.tests.forms import Page

TOKEN = "csrfmiddlewaretoken"
KEY = re.compile(r"[0-9a-f-]{36}")


class Visitor:
    """The cookies of one browser: those of Django's test client, where that has been here before.

    It follows no redirect by itself.
    """

    def __init__(self, site, client=None):
        self.site, self.cookies, self.token = site, {}, None
        for name, morsel in (client.cookies if client else {}).items():
            self.cookies[name] = morsel.value

    def get(self, path):
        return self.take(self.ask("GET", path, self.cookies))

    def post(self, path, data, *, part=False, files=None):
        """Send this with the token of the page that was seen last."""
        return self.take(self.send(path, data, self.cookies, part=part, files=files))

    def page(self, path, answer):
        page = Page(path, answer.text)
        self.token = page.token or self.token
        return page

    def open(self, path):
        return self.page(path, self.get(path))

    def follow(self, answer):
        """Where the answer leads in the end: the address, keys apart, and the status there."""
        path = answer.url.removeprefix(self.site)
        while location := answer.headers.get("Location"):
            path, answer = location, self.get(location)
        return KEY.sub("KEY", path), answer.status_code

    def twice(self, path, data, gap, **options):
        """Send it twice, from two threads, with the cookies from before; both answers."""
        cookies, answers = dict(self.cookies), {}

        def send(number):
            time.sleep(gap * number)
            answers[number] = self.send(path, data, cookies, **options)

        threads = [threading.Thread(target=send, args=[number]) for number in (0, 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return answers[0], self.take(answers[1])

    def send(self, path, data, cookies, *, part=False, files=None):
        headers = {"HX-Request": "true"} if part else {}
        data = {TOKEN: self.token} | data
        return self.ask("POST", path, cookies, data=data, files=files, headers=headers)

    def ask(self, method, path, cookies, **options):
        return requests.request(
            method,
            self.site + path,
            cookies=dict(cookies),
            allow_redirects=False,
            timeout=60,
            **options,
        )

    def take(self, answer):
        """Keep the answer's cookies; one that is deleted has no value."""
        self.cookies |= {cookie.name: cookie.value for cookie in answer.cookies}
        for cookie in answer.raw.headers.getlist("Set-Cookie"):
            name, _, rest = cookie.partition("=")
            if rest.startswith(('""', ";")):
                self.cookies.pop(name, None)
        return answer
