"""A lookup's statement as a function in PostgreSQL, whose sessions keep its plan.

Planning the session's statement takes longer than running it, and no prepared statement of a
client outlives its transaction in every PgBouncer. A PL/pgSQL function's plan is the server
session's own. Its name has a hash of all that it is, so that releases side by side have each
theirs; it calls nothing but its query, with the caller's rights, and may not write (STABLE).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from django.db import connection, transaction
from django.utils import timezone

from config.database.backend.plain_reads import LOOKUP
from config.database.render.roles import quoted

LOCK: Final = 0x6C6F6F6B  # those who set up at the same time take turns

# The output's names are no column's, so that the query's own are not ambiguous.
DEFINITION: Final = """\
CREATE OR REPLACE FUNCTION {name}(text) RETURNS TABLE ({columns})
LANGUAGE plpgsql STABLE ROWS 1 AS $lookup$
BEGIN
    RETURN QUERY {query};
END $lookup$"""

MAY_CALL: Final = "SELECT has_function_privilege(%s, to_regprocedure(%s), 'EXECUTE')"

# The others of the same kind, but for the one that was set up last: the release before this one
# may still serve, or come back. An older one serves on with its plain statement.
OUTDATED: Final = """
    SELECT oid::regprocedure FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace AND proname ~ %s
    AND oid <> to_regprocedure(%s) AND pg_has_role(proowner, 'USAGE')
    ORDER BY obj_description(oid, 'pg_proc') DESC NULLS LAST OFFSET 1"""


@dataclass(frozen=True, kw_only=True)
class Function:
    """`query` has one %s, a text, and its result columns of these types, as PostgreSQL names
    them. `kind` is what all releases call it."""

    kind: str
    query: str
    types: tuple[str, ...]

    @cached_property
    def name(self) -> str:
        content = self._defined("", self.query)
        return f"{self._stem}{hashlib.sha256(content.encode()).hexdigest()[:12]}"

    @property
    def signature(self) -> str:
        return f"{self.name}(text)"

    @cached_property
    def call(self) -> str:
        return f"SELECT * FROM {self.name}(%s)"  # noqa: S608

    @property
    def definition(self) -> str:
        return self._defined(self.name, self.query % "$1")

    @property
    def pattern(self) -> str:
        """What fits the names, without the schema, of all releases' functions of this kind."""
        return f"^{self._stem.removeprefix('public.')}[0-9a-f]{{12}}$"

    @property
    def _stem(self) -> str:
        return f"{LOOKUP}{self.kind[:40]}_"

    def _defined(self, name: str, query: str) -> str:
        columns = ", ".join(f"c{number} {kind}" for number, kind in enumerate(self.types))
        return DEFINITION.format(name=name, columns=columns, query=query)


@transaction.atomic
def keep(function: Function, role: str) -> None:
    """Have the function, which `role` may call and nobody else, and drop outdated ones."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        cursor.execute(MAY_CALL, [role, function.signature])
        if cursor.fetchone() != (True,):
            cursor.execute(function.definition)
            cursor.execute(f"REVOKE ALL ON FUNCTION {function.signature} FROM PUBLIC")
            cursor.execute(f"GRANT EXECUTE ON FUNCTION {function.signature} TO {quoted(role)}")
        now = timezone.now().isoformat(timespec="microseconds")
        said = f"Set up last at {now}; keeps the plan of a statement, made by setup_site."
        cursor.execute(f"COMMENT ON FUNCTION {function.signature} IS %s", [said])
        cursor.execute(OUTDATED, [function.pattern, function.signature])
        for (outdated,) in cursor.fetchall():
            cursor.execute(f"DROP FUNCTION {outdated}")
