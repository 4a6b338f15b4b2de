"""Keep a lookup's plan in PostgreSQL's sessions, by a function.

Planning the session's statement takes longer than running it, and not every PgBouncer keeps a
client's prepared statements beyond its transaction. A PL/pgSQL function's plan belongs to the
server session. Its name contains a hash of its content, so that concurrent releases have their
own. It runs only its query, with the caller's rights, and cannot write (STABLE).
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from django.db import connection, transaction
from django.utils import timezone

from config.database.backend.plain_reads import LOOKUP
from config.database.render.roles import quote_identifier
from config.database.replicas.reading import POSITION

LOCK: Final = 0x6C6F6F6B  # serializes concurrent setups

# The output's names must differ from the query's columns, which would be ambiguous.
DEFINITION: Final = """\
CREATE OR REPLACE FUNCTION {name}(text) RETURNS TABLE ({columns})
LANGUAGE plpgsql STABLE ROWS 1 AS $lookup$
BEGIN
    RETURN QUERY {query};
END $lookup$"""

MAY_CALL: Final = "SELECT has_function_privilege(%s, to_regprocedure(%s), 'EXECUTE')"
# Those of the roles that exist and may not call the function.
LACKING: Final = """
    SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)
    AND NOT has_function_privilege(rolname, to_regprocedure(%s), 'EXECUTE')"""

# The kind's other functions, except for the latest: the previous release may still serve, or
# return. An older release falls back to its plain statement.
OUTDATED: Final = """
    SELECT oid::regprocedure FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace AND proname ~ %s
    AND oid <> to_regprocedure(%s) AND pg_has_role(proowner, 'USAGE')
    ORDER BY obj_description(oid, 'pg_proc') DESC NULLS LAST OFFSET 1"""


@dataclass(frozen=True, kw_only=True)
class Function:
    """A function for `query`, which has one text parameter (%s) and columns of these types.

    `kind` is its name in all releases.
    """

    kind: str
    query: str
    types: tuple[str, ...]

    @cached_property
    def name(self) -> str:
        content = self._render("", self.query)
        return f"{self._stem}{hashlib.sha256(content.encode()).hexdigest()[:12]}"

    @property
    def signature(self) -> str:
        return f"{self.name}(text)"

    @cached_property
    def call(self) -> str:
        return f"SELECT * FROM {self.name}(%s)"  # noqa: S608  our own name

    @cached_property
    def call_with_position(self) -> str:
        return f"SELECT {POSITION} AS position, found.* FROM {self.name}(%s) AS found"  # noqa: S608  our own name

    @property
    def definition(self) -> str:
        return self._render(self.name, self.query % "$1")

    @property
    def pattern(self) -> str:
        """A regular expression for this kind's unqualified names in all releases."""
        return f"^{self._stem.removeprefix('public.')}[0-9a-f]{{12}}$"

    @property
    def _stem(self) -> str:
        return f"{LOOKUP}{self.kind[:40]}_"

    def _render(self, name: str, query: str) -> str:
        columns = ", ".join(f"c{number} {kind}" for number, kind in enumerate(self.types))
        return DEFINITION.format(name=name, columns=columns, query=query)


@transaction.atomic
def keep(function: Function, role: str, readers: Collection[str] = ()) -> None:
    """Create the function, which only `role` and the readers may call, and drop outdated ones."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        cursor.execute(MAY_CALL, [role, function.signature])
        allowed = []
        if cursor.fetchone() != (True,):
            cursor.execute(function.definition)
            cursor.execute(f"REVOKE ALL ON FUNCTION {function.signature} FROM PUBLIC")
            allowed = [role]
        cursor.execute(LACKING, [list(readers), function.signature])
        for name in [*allowed, *(reader for (reader,) in cursor.fetchall())]:
            cursor.execute(
                f"GRANT EXECUTE ON FUNCTION {function.signature} TO {quote_identifier(name)}"
            )
        now = timezone.now().isoformat(timespec="microseconds")
        said = f"Set up last at {now}; keeps the plan of a statement, made by setup_site."
        cursor.execute(f"COMMENT ON FUNCTION {function.signature} IS %s", [said])
        cursor.execute(OUTDATED, [function.pattern, function.signature])
        for (outdated,) in cursor.fetchall():
            cursor.execute(f"DROP FUNCTION {outdated}")
