"""A socket between a client and its server that is cut at a statement of the test's choice."""

import select
import socket
import threading
from contextlib import contextmanager
from pathlib import Path

# What a server sends when it has answered: ReadyForQuery, or a word of a login.
READY, LOGIN = b"Z\0\0\0\5", b"R"
GOODBYE = b"X"
# A simple query, and the first words of those that leave nothing.
QUERY, READ, IDLE = b"Q", b"SELECT", (b"SELECT", b"BEGIN", b"SAVEPOINT", b"ROLLBACK")


class Cutter:
    """Listens in a folder, where a client's HOST and PORT lead to it.

    `armed` has one line cut that many statements later: before the server gets the statement, or
    after it has run it and before its answer arrives. With `again`, each so manieth one is cut.
    Without `every`, those are left out by which nothing more could be found: reads outside a
    transaction, and after they ran all that leave nothing.
    """

    def __init__(self, folder, server):
        self.server = server
        self.address = {"HOST": str(folder), "PORT": "1"}
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(Path(folder) / ".s.PGSQL.1"))
        self.listener.listen()
        self.left = self.cuts = 0
        self.is_open = False

    @contextmanager
    def armed(self, number, moment, *, again=False, every=False):
        self.number = self.left = number
        self.moment, self.again, self.every, self.cuts = moment, again, every or again, 0
        try:
            yield
        finally:
            self.left = 0

    def is_due(self, said):
        """Whether this is the statement; each comes in a piece of its own."""
        if said[:1] == GOODBYE or not self.left or self.is_idle(said):
            return False
        self.left -= 1
        if self.left:
            return False
        self.cuts += 1
        self.left = self.number if self.again else 0
        return True

    def is_idle(self, said):
        if self.every or said[:1] != QUERY:
            return False
        text = said[5:].lstrip()  # behind type and length
        return text.startswith(IDLE) if self.moment == "after" else self.is_alone_read(text)

    def is_alone_read(self, text):
        return text.startswith(READ) and not self.is_open

    def serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.carry, args=[client], daemon=True).start()

    def carry(self, client):
        with client, self.connected() as server:
            try:
                self.pass_on(client, server)
            except OSError:
                return

    def connected(self):
        host, port = self.server
        if not host.startswith("/"):
            return socket.create_connection((host, port), 10)
        server = socket.socket(socket.AF_UNIX)
        server.connect(f"{host}/.s.PGSQL.{port}")
        return server

    def pass_on(self, client, server):
        due, end = False, b""
        while True:
            for source in select.select([client, server], [], [])[0]:
                if not (said := source.recv(1 << 20)):
                    return
                if said[-6:-1] == READY:
                    self.is_open = said[-1:] != b"I"
                if source is client:
                    due = due or self.is_due(said)
                    if due and self.moment == "before":
                        return
                    server.sendall(said)
                elif due:
                    end = (end + said)[-6:]
                    if end.startswith(READY) or said[:1] == LOGIN:
                        return
                else:
                    client.sendall(said)


@contextmanager
def cutter_before(server, folder):
    cutter = Cutter(folder, server)
    thread = threading.Thread(target=cutter.serve)
    thread.start()
    try:
        yield cutter
    finally:
        cutter.listener.shutdown(socket.SHUT_RDWR)
        cutter.listener.close()
        thread.join(10)
