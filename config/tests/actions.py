"""User actions, each with a model of what may be stored afterwards.

An action succeeds or fails. `state` returns what is stored: `after` if it succeeded; `before` or
`after`, and nothing in between, if it failed.
"""

from typing import Any

from django.conf import settings
from django.db import Error, close_old_connections, connection, transaction
from django.test import Client
from django.test.client import ClientHandler
from django.utils import timezone

from accounts.models import Session, User
from accounts.tests.people import PASSWORD, make_user
from config.mail.models import Mail
from files.models import File, StoredObject
from files.tests.content import make_upload, upload_file
from onboarding.models import Expert, Preferences
from onboarding.tests.experts import make_expert
from profiles.models import Profile
from tours.models import Tour

TOKEN = "t" * 32
NEW = "nine-blue-submarines"
ADA = "ada@example.org"
INSERT = "INSERT INTO cache VALUES (%s, '', now())"


# The site, loaded once; otherwise each client would load its own.
handler = ClientHandler()


def make_browser():
    """Return a client that has the CSRF token of a page with forms."""
    client = Client(raise_request_exception=False, headers={"X-CSRFToken": TOKEN})
    client.handler = handler
    client.cookies[settings.CSRF_COOKIE_NAME] = TOKEN
    return client


class Action:
    """Something that Ada does in her browser."""

    before: Any = None
    after: Any = None
    # What a retry of a successful action may store, and its possible error statuses.
    twice: Any = None
    errors = ()
    newcomer = False

    def __init__(self):
        self.user = make_user(newcomer=self.newcomer)
        self.client = make_browser()
        self.client.force_login(self.user)
        self.prepare()

    def prepare(self):
        """Create what the action needs."""

    def attempt(self):
        """Run the action as a request of its own, which checks the connection at its end."""
        try:
            return self.do()
        finally:
            close_old_connections()

    def post(self, path, **fields):
        return self.client.post(path, fields | {"csrfmiddlewaretoken": TOKEN}).status_code

    def send(self, method, path, **body):
        ask = getattr(self.client, method)
        return ask(path, body or None, content_type="application/json").status_code

    def do(self):
        raise NotImplementedError

    def state(self):
        return None


class ReadsProfile(Action):
    def do(self):
        return self.client.get("/api/profile").status_code


class ChangesProfile(Action):
    before, after = ("Ada Lovelace", []), ("Countess", ["Counts."])

    def do(self):
        return self.send("patch", "/api/profile", name="Countess", bio="Counts.")

    def state(self):
        bios = Profile.objects.values_list("bio", flat=True)
        return User.objects.get().name, list(bios)


class AnswersTour(Action):
    before, after = [], [True]

    def do(self):
        return self.send("patch", "/api/tour", tour=True)

    def state(self):
        return list(Tour.objects.values_list("answered", flat=True))


class Onboards(Action):
    newcomer = True
    before, after = ("Ada Lovelace", []), ("Ada", [(["concise"], 1, True)])

    def prepare(self):
        self.expert = make_expert()

    def do(self):
        answers = {"name": "Ada", "traits": ["concise"], "experts": [self.expert.pk]}
        return self.send("post", "/api/onboarding", **answers)

    def state(self):
        rows = [
            (row.traits, len(row.experts), row.is_onboarded) for row in Preferences.objects.all()
        ]
        return User.objects.get().name, rows


class Uploads(Action):
    before, after, twice = [], ["notes.txt"], ["notes.txt", "notes.txt"]

    def do(self):
        return self.client.post("/api/files/upload", {"file": make_upload()}).status_code

    def state(self):
        claimed = set(StoredObject.objects.filter(remove_after=None).values_list("pk", flat=True))
        files = list(File.objects.select_related("object"))
        assert claimed == {file.object_id for file in files}
        return [file.name for file in files]


class DeletesFile(Action):
    before, after = [False], [True]
    errors = (404,)

    def prepare(self):
        self.file = upload_file(self.user)

    def do(self):
        return self.send("delete", "/api/files", id=str(self.file.pk))

    def state(self):
        return [file.is_deleted for file in File.objects.all()]


class RestoresFile(DeletesFile):
    before, after = [True], [False]

    def prepare(self):
        super().prepare()
        File.objects.update(deleted_at=timezone.now())

    def do(self):
        return self.send("post", f"/api/files/{self.file.pk}/restore")


class AddsFavourite(Action):
    before, after = [0], [1]

    def prepare(self):
        make_expert()

    def do(self):
        return self.post(f"/onboarding/experts/{Expert.objects.get().pk}/favourite/")

    def state(self):
        return [len(row.experts) for row in Preferences.objects.all()]


class SignsUp(Action):
    """Bob signs up and gets an e-mail with his code."""

    before, after, twice = (0, 0, 0), (1, 1, 1), (1, 1, 2)
    # A second code within 10 s of the first is rejected.
    errors = (429,)

    def prepare(self):
        self.client = make_browser()

    def do(self):
        return self.post("/accounts/signup/", email="bob@example.org", password1=PASSWORD)

    def state(self):
        people = User.objects.exclude(email=ADA)
        addresses = [address for bob in people for address in bob.emailaddress_set.all()]
        return people.count(), len(addresses), Mail.objects.count()


class SignsIn(Action):
    before, after, twice = [], [ADA], [ADA, ADA]

    def prepare(self):
        Session.objects.all().delete()
        self.client = make_browser()

    def do(self):
        return self.post("/accounts/login/", login=ADA, password=PASSWORD)

    def state(self):
        return list(Session.objects.exclude(user=None).values_list("user__email", flat=True))


class ChangesPassword(Action):
    """Signs her other browser out, and sends her an e-mail."""

    before, after = (False, True, 0), (True, False, 1)

    def prepare(self):
        other = make_browser()
        other.force_login(self.user)
        self.other = other.session.session_key

    def do(self):
        passwords = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
        return self.post("/accounts/password/change/", **passwords)

    def state(self):
        is_new = User.objects.get().check_password(NEW)
        others = Session.objects.filter(session_key=self.other)
        return is_new, others.exists(), Mail.objects.count()


class SignsOut(Action):
    before, after = 1, 0

    def do(self):
        return self.post("/accounts/logout/")

    def state(self):
        return Session.objects.exclude(user=None).count()


class Writes(Action):
    """A program writes two rows."""

    before, after = [], ["a", "b"]
    errors = (503,)

    def do(self):
        try:
            with connection.cursor() as cursor:
                self.write(cursor)
        except Error:
            return 503
        return 200

    def write(self, cursor):
        with transaction.atomic():
            cursor.execute(INSERT, ["a"])
            cursor.execute(INSERT, ["b"])

    def state(self):
        with connection.cursor() as cursor:
            cursor.execute("SELECT cache_key FROM cache WHERE length(cache_key) = 1 ORDER BY 1")
            return [key for (key,) in cursor.fetchall()]


class WritesByHand(Writes):
    def write(self, cursor):
        for statement in ("BEGIN", INSERT % "'a'", INSERT % "'b'", "COMMIT"):
            cursor.execute(statement)


class WritesNested(Writes):
    def write(self, cursor):
        with transaction.atomic():
            cursor.execute(INSERT, ["a"])
            with transaction.atomic():
                cursor.execute(INSERT, ["b"])


class WritesMany(Writes):
    def write(self, cursor):
        with transaction.atomic():
            cursor.executemany(INSERT, [["a"], ["b"]])


class WritesManyAtOnce(Writes):
    def write(self, cursor):
        cursor.executemany(INSERT, [["a"], ["b"]])


def list_actions():
    return sorted(find_actions(Action), key=lambda act: act.__name__)


def find_actions(act):
    found = {act} if "do" in vars(act) or "write" in vars(act) else set()
    return found.union(*map(find_actions, act.__subclasses__())) - {Action}
