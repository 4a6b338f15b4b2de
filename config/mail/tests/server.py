"""A mail server that misbehaves depending on the recipient's name."""

import socketserver
import threading
from collections import Counter


class Handler(socketserver.StreamRequestHandler):
    def reply(self, text):
        self.wfile.write(f"{text}\r\n".encode())

    def handle(self):
        self.reply("220 test ESMTP")
        for line in iter(self.rfile.readline, b""):
            text = line.decode().strip()
            response = getattr(self, text[:4].strip().lower(), self.accept)(text)
            if response is None:
                return
            self.reply(response)

    def accept(self, text):
        return "250 ok"

    def rcpt(self, text):
        name = text.partition("<")[2].partition("@")[0]
        self.server.attempts[name] += 1
        kind = "good" if self.server.behaves else name.partition("-")[0]
        if kind in ("hang", "drip"):
            return self.stall(kind)
        responses = {"refused": "550 5.1.1 no such user", "later": "451 4.7.1 later", "drop": None}
        return responses.get(kind, "250 ok")

    def stall(self, kind):
        while not self.server.over.wait(0.2 if kind == "drip" else 600):
            self.wfile.write(b"2")
            self.wfile.flush()

    def data(self, text):
        self.reply("354 go on")
        lines = iter(self.rfile.readline, b".\r\n")
        self.server.received.append(b"".join(lines).decode())
        return "250 queue_mail"

    def quit(self, text):
        self.reply("221 bye")


class MailServer(socketserver.ThreadingTCPServer):
    """`attempts` counts by the recipient's name, `received` lists the mails."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64
    behaves = False

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.attempts, self.received, self.over = Counter(), [], threading.Event()
        self.port = self.server_address[1]

    def handle_error(self, request, client_address):
        """Ignore killed clients."""

    def __enter__(self):
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.shutdown()
        self.server_close()

    def recipients(self):
        lines = (line for mail in self.received for line in mail.splitlines())
        return [line.removeprefix("To: ").partition("@")[0] for line in lines if line[:4] == "To: "]
