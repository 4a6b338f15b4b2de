"""A proxy between client and server that cuts the connection at a chosen statement."""

import select
import socket
import threading
from contextlib import contextmanager
from pathlib import Path

# The end of a server's response: ReadyForQuery, or an authentication message.
READY, LOGIN = b"Z\0\0\0\5", b"R"
TERMINATE = b"X"
# A simple query, and the first words of those without an effect.
QUERY, READ, IDLE = b"Q", b"SELECT", (b"SELECT", b"BEGIN", b"SAVEPOINT", b"ROLLBACK")


class Cutter:
    """Listens in a directory, the HOST of its clients.

    `arm` cuts one connection after that many statements: before the server gets the statement,
    or after it ran it and before its response arrives. With `again`, every nth statement is cut.
    Without `every`, uninteresting statements do not count: reads outside a transaction, and, if cut
    after they ran, all without an effect.
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
    def arm(self, number, moment, *, again=False, every=False):
        self.number = self.left = number
        self.moment, self.again, self.every, self.cuts = moment, again, every or again, 0
        try:
            yield
        finally:
            self.left = 0

    def is_due(self, data):
        """Return whether to cut at this statement; each arrives in one piece."""
        if data[:1] == TERMINATE or not self.left or self.is_idle(data):
            return False
        self.left -= 1
        if self.left:
            return False
        self.cuts += 1
        self.left = self.number if self.again else 0
        return True

    def is_idle(self, data):
        if self.every or data[:1] != QUERY:
            return False
        text = data[5:].lstrip()  # after type and length
        return text.startswith(IDLE) if self.moment == "after" else self.is_alone_read(text)

    def is_alone_read(self, text):
        return text.startswith(READ) and not self.is_open

    def serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.handle, args=[client], daemon=True).start()

    def handle(self, client):
        with client, self.connect() as server:
            try:
                self.forward(client, server)
            except OSError:
                return

    def connect(self):
        host, port = self.server
        if not host.startswith("/"):
            return socket.create_connection((host, port), 10)
        server = socket.socket(socket.AF_UNIX)
        server.connect(f"{host}/.s.PGSQL.{port}")
        return server

    def forward(self, client, server):
        due, end = False, b""
        while True:
            for source in select.select([client, server], [], [])[0]:
                if not (data := source.recv(1 << 20)):
                    return
                if data[-6:-1] == READY:
                    self.is_open = data[-1:] != b"I"
                if source is client:
                    due = due or self.is_due(data)
                    if due and self.moment == "before":
                        return
                    server.sendall(data)
                elif due:
                    end = (end + data)[-6:]
                    if end.startswith(READY) or data[:1] == LOGIN:
                        return
                else:
                    client.sendall(data)


@contextmanager
def run_cutter(server, folder):
    cutter = Cutter(folder, server)
    thread = threading.Thread(target=cutter.serve)
    thread.start()
    try:
        yield cutter
    finally:
        cutter.listener.shutdown(socket.SHUT_RDWR)
        cutter.listener.close()
        thread.join(10)
