"""A mail server that misbehaves by the recipient's name."""

import socketserver
import threading
from collections import Counter


class Talk(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(f"{text}\r\n".encode())

    def handle(self):
        self.say("220 test ESMTP")
        for line in iter(self.rfile.readline, b""):
            text = line.decode().strip()
            answer = getattr(self, text[:4].strip().lower(), self.anything)(text)
            if answer is None:
                return
            self.say(answer)

    def anything(self, text):
        return "250 ok"

    def rcpt(self, text):
        name = text.partition("<")[2].partition("@")[0]
        self.server.asked[name] += 1
        kind = "good" if self.server.behaves else name.partition("-")[0]
        if kind in ("hang", "drip"):
            return self.stall(kind)
        answers = {"refused": "550 5.1.1 no such user", "later": "451 4.7.1 later", "drop": None}
        return answers.get(kind, "250 ok")

    def stall(self, kind):
        while not self.server.over.wait(0.2 if kind == "drip" else 600):
            self.wfile.write(b"2")
            self.wfile.flush()

    def data(self, text):
        self.say("354 go on")
        lines = iter(self.rfile.readline, b".\r\n")
        self.server.taken.append(b"".join(lines).decode())
        return "250 queued"

    def quit(self, text):
        self.say("221 bye")


class MailServer(socketserver.ThreadingTCPServer):
    """`asked` counts attempts by the recipient's name, `taken` has the mails."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64
    behaves = False

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Talk)
        self.asked, self.taken, self.over = Counter(), [], threading.Event()
        self.port = self.server_address[1]

    def handle_error(self, request, client_address):
        """A client that was ended has hung up."""

    def __enter__(self):
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.shutdown()
        self.server_close()

    def recipients(self):
        lines = (line for mail in self.taken for line in mail.splitlines())
        return [line.removeprefix("To: ").partition("@")[0] for line in lines if line[:4] == "To: "]
