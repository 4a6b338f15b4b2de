"""Rows for `bench.growth`, made in PostgreSQL, as the jobs role."""

from __future__ import annotations

from django.db import connection

from accounts.models import User
from config.database.cli import use_jobs_pool

EXPERTS = """
INSERT INTO onboarding_expert (slug, name, description, icon, prompt, personality, is_active,
    uses_retrieval, created_at, updated_at)
SELECT 'expert-' || n, 'Expert ' || n,
    'Knows what topic ' || n %% 977 || CASE n WHEN 7 THEN ' and harbours cost' ELSE ' costs' END,
    '', 'Be brief.', '', true, false, now(), now()
FROM generate_series((SELECT count(*) + 1 FROM onboarding_expert), %(size)s) AS n
"""
# Ten sessions for a person, who has a row in every app.
SESSIONS = """
WITH person AS (
    INSERT INTO accounts_user (id, password, is_superuser, email, name, is_active, is_staff,
        date_joined, tried_password)
    SELECT gen_random_uuid(), '!', false, 'person-' || n || '@example.org', 'Person ' || n, true,
        false, now(), ''
    FROM generate_series((SELECT count(*) + 1 FROM accounts_user), %(size)s / 10) AS n RETURNING id
), preference AS (
    INSERT INTO onboarding_preferences (user_id, traits, experts, step, finished_at)
    SELECT id, '{}', '{}', 'experts', now() FROM person
), profile AS (
    INSERT INTO profiles_profile (user_id, bio, timezone, locale)
    SELECT id, 'Leads a company.', 'Europe/Berlin', 'de' FROM person
), tour AS (
    INSERT INTO tours_tour (user_id, answered) SELECT id, true FROM person
)
INSERT INTO accounts_session (id, session_key, session_data, expire_date, created_at, user_id)
SELECT gen_random_uuid(), md5(gen_random_uuid()::text), repeat('x', 200),
    now() + interval '9 days', now() - random() * interval '9 days', person.id
FROM person CROSS JOIN generate_series(1, 10)
"""
FILES = """
WITH object AS (
    INSERT INTO files_storedobject (key, owner_id, created_at)
    SELECT %(user)s || '/' || gen_random_uuid() || '.txt', %(user)s::uuid, now()
    FROM generate_series((SELECT count(*) + 1 FROM files_file), %(size)s) RETURNING key
)
INSERT INTO files_file (id, name, content_type, size, object_id, user_id, created_at, updated_at)
SELECT gen_random_uuid(), 'notes ' || row_number() OVER () || '.txt', 'text/plain', 1000, key,
    %(user)s::uuid, now() - random() * interval '300 days', now()
FROM object
"""


def add_experts(size: int, user: User) -> None:
    _run(size, user, EXPERTS)


def add_sessions(size: int, user: User) -> None:
    _run(size, user, SESSIONS)


def add_files(size: int, user: User) -> None:
    _run(size, user, FILES)


def add_few(size: int, user: User) -> None:
    add_experts(10, user)
    add_files(10, user)


def _run(size: int, user: User, *statements: str) -> None:
    """Fill the tables up to `size` rows, and analyze them as autovacuum would."""
    with use_jobs_pool(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement, {"size": size, "user": str(user.pk)})
        cursor.execute("VACUUM ANALYZE")
