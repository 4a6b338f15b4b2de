"""What the doctor looks at, in the order of its output."""

from __future__ import annotations

from typing import Final

from config.observe.doctor import database, machine, outside, replicas
from config.observe.doctor.probe import Probe

PROBES: Final = (
    Probe("checks", database.find_failed_checks),
    Probe("pools", database.find_pool_problems),
    Probe("replicas", replicas.find_replica_problems),
    Probe("migrations", database.find_pending_migrations),
    Probe("clock", database.find_clock_error),
    Probe("storage", outside.find_storage_problems),
    Probe("mail server", outside.find_mail_server_problems),
    Probe("mail queue", outside.find_queue_problems),
    Probe("HAProxy", machine.find_haproxy_problems),
    Probe("disk", machine.find_disk_problems),
    Probe("jobs", machine.find_late_jobs),
)
