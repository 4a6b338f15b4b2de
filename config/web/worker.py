"""gunicorn's threaded worker, in which neither a slow client nor a slow database stops the rest.

A connection gets a thread when its request is there: the head, and the body unless it is large.
It leans on gunicorn's `ThreadWorker`: its loop, `run`, which calls `accept`,
`wait_for_and_dispatch_events`, `murder_keepalived` and `_cap_keepalive`, and `handle` and
`handle_request`, which run in a thread. A test compares these with what they were.
"""

from __future__ import annotations

import errno
import os
import signal
import socket
import sys
import time
from collections import deque
from contextlib import suppress
from typing import Any, Final

from django.conf import settings
from gunicorn.http.errors import ParseException
from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, ThreadWorker

from config.web.connection import Connection
from config.web.lane import Lane
from config.web.poller import Poller
from config.web.siblings import Siblings

# Seconds between two looks at who has waited too long.
TICK: Final = 0.25
# Threads for what asks nothing of the database, where all others may wait for it.
EXPRESS_THREADS: Final = 2
# Seconds in which a client may read a connection's last answer, and how many bytes that it
# still sends are thrown away meanwhile: gunicorn's numbers.
LINGER: Final = 2
SKIPPED: Final = 64 * 1024
# Seconds for which a worker serves on at most while those that replace it boot.
HANDOVER: Final = 15
# Milliseconds for which a client may leave unread what it is sent.
UNREAD: Final = 30_000
# A worker with so many connections more than another one leaves it so many seconds in which to
# take the next: the kernel gives them all to whichever wakes first, time and again.
AHEAD: Final = 2
COURTESY: Final = 0.001

SIBLINGS: Final = Siblings()


class Worker(ThreadWorker):  # type: ignore[misc]
    """Serves by threads what has arrived, and turns away who would wait too long for one."""

    max_requests: int
    poller: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """In the master, before the fork."""
        super().__init__(*args, **kwargs)
        self.conns: dict[int, Connection] = {}
        self.parked: deque[tuple[float, Connection]] = deque()
        self.streaming = 0
        self.next_tick = 0.0
        self.leave_by: float | None = None
        # gunicorn would leave the site without this worker until the next one has booted.
        self.renew_after, self.max_requests = self.max_requests, sys.maxsize
        SIBLINGS.boots(self.age)

    def get_thread_pool(self) -> Lane:
        patience, threads = settings.POOLS["web"].query_wait_timeout, self.cfg.threads
        self.lane = Lane(threads, patience, self.serve)
        self.express = Lane(EXPRESS_THREADS, patience, self.serve)
        # A large body may come slowly, so that not all threads may wait for one.
        self.most_streaming = threads - threads // 4
        return self.lane

    def load_wsgi(self) -> None:
        super().load_wsgi()
        from config.web import refusals  # what it imports needs Django to be set up
        from config.web.express import Express

        self.refusals, self.shortcut = refusals.Refusals(), Express()

    def run(self) -> None:
        self.poller.close()
        self.poller = Poller()
        for listener in self.sockets:
            if listener.family != socket.AF_UNIX:  # connections inherit it
                listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD)
        SIBLINGS.accepts(self.age, 0)
        super().run()

    # Reading

    def accept(self, listener: socket.socket) -> None:
        if self.nr_conns > SIBLINGS.fewest + AHEAD:
            time.sleep(COURTESY)
        try:
            sock, address = listener.accept()
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.ECONNABORTED):
                raise
            return
        self.count(+1)
        conn = Connection(self.cfg, sock, address, listener.getsockname())
        self.conns[conn.fd] = conn
        self.poller.watch(conn.fd)

    def count(self, change: int) -> None:
        self.nr_conns += change
        if self.alive:
            SIBLINGS.accepts(self.age, self.nr_conns)

    def guarded_arrival(self, conn: Connection) -> None:
        """Whatever a client sends ends its own connection at most, and not the worker."""
        try:
            self.on_arrival(conn)
        except Exception:
            self.log.exception("a connection failed")
            self.drop(conn)

    def on_arrival(self, conn: Connection) -> None:
        if conn.is_served:
            conn.has_more = True
        else:
            self.read(conn)

    def read(self, conn: Connection) -> None:
        is_open = conn.read()
        if conn.is_ending:
            is_open = is_open and len(conn.received) < SKIPPED
        elif is_open:
            self.proceed(conn)
        if not is_open:
            self.drop(conn)

    def proceed(self, conn: Connection) -> None:
        """To a thread, if enough has arrived."""
        if conn.is_whole:
            conn.is_served = True
            self.enqueue_req(conn)
        elif conn.is_too_long:
            self.refuse(conn, self.refusals.too_long)
        else:
            conn.hurry()

    # Serving

    def enqueue_req(self, conn: Connection) -> None:
        if not conn.streams:
            self.submit(conn)
        elif self.streaming < self.most_streaming:
            self.streaming += 1
            self.submit(conn)
        else:
            self.parked.append((time.monotonic(), conn))

    def submit(self, conn: Connection) -> None:
        by_express = self.lane.is_full and self.shortcut.takes(conn.received)
        conn.lane = self.express if by_express else self.lane
        conn.lane.submit(time.monotonic(), conn)

    def serve(self, conn: Connection) -> None:
        """In a thread: answer, and tell the loop whether another request may come."""
        keeps = False
        try:
            conn.hand_over()
            keeps = bool(self.handle(conn))
        except BaseException:
            self.log.exception("a request failed")
        finally:
            self.method_queue.defer(self.finish_request, conn, keeps)

    def _keepalive_after(self, conn: Connection, keepalive: bool) -> bool:
        """Without a body, spares gunicorn the search for what the application left of it."""
        return keepalive and (not conn.has_body or bool(super()._keepalive_after(conn, keepalive)))

    def handle_request(self, req: Any, conn: Connection) -> bool:
        if conn.lane is self.express:
            self.shortcut.forget_session(req)
        return bool(super().handle_request(req, conn))

    def finish_request(self, conn: Connection, keeps: bool) -> None:
        conn.lane.ended(time.monotonic())
        if conn.streams:
            self.stream_next()
        if keeps:
            self.expect_next(conn)
        else:
            self.hang_up(conn)

    def stream_next(self) -> None:
        self.streaming -= 1
        if self.parked:
            self.enqueue_req(self.parked.popleft()[1])

    def expect_next(self, conn: Connection) -> None:
        seconds = self.cfg.keepalive if self.alive else STOP_KEEPALIVE_LINGER
        rest = conn.parser.unreader.take_buffered()
        has_more = conn.has_more or conn.streams
        conn.expect(rest, seconds)
        if has_more:
            self.read(conn)
        elif rest:
            self.proceed(conn)

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: Exception) -> None:
        """Answer with the headers of all answers; an unreadable one is no fault of ours."""
        if isinstance(exc, ParseException):
            self.log.warning("a request from %s cannot be read: %s", addr and addr[0], exc)
        else:
            self.log.error("a request failed", exc_info=exc)
        with suppress(OSError):
            client.send(self.refusals.to(exc), socket.MSG_DONTWAIT)

    # Ending

    def refuse(self, conn: Connection, answer: bytes) -> None:
        with suppress(OSError):
            conn.sock.send(answer, socket.MSG_DONTWAIT)
        self.hang_up(conn)

    def hang_up(self, conn: Connection) -> None:
        """Let the client read the answer to its end: closed at once, a reset could destroy it."""
        try:
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self.drop(conn)
        else:
            conn.expect(b"", LINGER)
            conn.is_ending = True
            self.read(conn)

    def drop(self, conn: Connection) -> None:
        self.count(-1)
        # Where a thread has closed the socket, its number may be another connection's by now.
        if self.conns.get(conn.fd) is conn:
            del self.conns[conn.fd]
        conn.close()

    # The clock

    def notify(self) -> None:
        """Not at every turn, but at every tick."""

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        for fd in self.poller.poll(min(timeout, TICK)):
            if conn := self.conns.get(fd):
                self.guarded_arrival(conn)

    def murder_keepalived(self, force: bool = False) -> None:
        """What gunicorn's loop calls at every turn, and at its end with `force`."""
        now = time.monotonic()
        if force:
            self.expire(float("inf"))
        elif now >= self.next_tick:
            self.next_tick = now + TICK
            self.tick(now)

    def tick(self, now: float) -> None:
        super().notify()
        self.turn_away(now)
        self.expire(now)
        self.renew()
        self.leave(now)

    def turn_away(self, now: float) -> None:
        late = self.lane.turn_away(now) + self.express.turn_away(now)
        while self.parked and self.parked[0][0] < now - self.lane.patience:
            late.append(self.parked.popleft()[1])
        for conn in late:
            self.refuse(conn, self.refusals.too_busy(conn.received))
        if late:
            self.log.warning("%d requests turned away: no thread was free in time", len(late))

    def expire(self, now: float) -> None:
        late = [c for c in self.conns.values() if c.deadline <= now and not c.is_served]
        for conn in late:
            if conn.received and not conn.is_ending:
                self.refuse(conn, self.refusals.too_slow)
            elif not conn.is_ending and conn.read() and conn.received:
                self.proceed(conn)
            else:
                self.drop(conn)

    def renew(self) -> None:
        """Ask the master for a new generation of workers, which begin before the old ones end."""
        if self.nr >= self.renew_after and self.leave_by is None:
            self.renew_after = sys.maxsize
            self.log.info("%d requests served: time for new workers", self.nr)
            os.kill(self.ppid, signal.SIGHUP)

    def handle_exit(self, sig: int, frame: Any) -> None:
        if self.leave_by is None:
            self.leave_by = time.monotonic() + HANDOVER

    def leave(self, now: float) -> None:
        """Stop, as asked for, when those that replace this worker have booted."""
        if self.leave_by is not None and (now >= self.leave_by or not SIBLINGS.any_boots):
            self.alive = False
            SIBLINGS.ends(self.age)

    def _cap_keepalive(self, deadline: float) -> None:
        for conn in self.conns.values():
            if not conn.received:
                conn.deadline = min(conn.deadline, deadline)
