"""Recognise statements that only read and so may run twice. Pure."""

from __future__ import annotations

import re
from typing import Final

# Locks, creation of a table, several statements, or comments that hide a call.
UNSAFE_SYNTAX: Final = re.compile(r"\b(FOR|INTO)\b|;|--|/\*")
FUNCTION_CALL: Final = re.compile(r'([\w"$.]+)\s*\(')

# Allowed before a parenthesis: keywords, types and pure functions. Other functions may write.
ALLOWED_WORDS: Final = """
ALL AND ANY ARRAY AS BETWEEN BY CASE CAST DISTINCT ELSE END EXCEPT EXISTS FILTER FROM HAVING
ILIKE IN INTERSECT IS JOIN LATERAL LIKE LIMIT NOT OFFSET ON OR OVER ROW SELECT THEN UNION USING
VALUES WHEN WHERE
CHAR DECIMAL NUMERIC TIMESTAMP VARCHAR
ABS ARRAY_AGG AVG BOOL_AND BOOL_OR CEILING CLOCK_TIMESTAMP COALESCE CONCAT COUNT DATE_TRUNC
EXTRACT FLOOR GREATEST LEAST LEFT LENGTH LOWER MAX MD5 MIN NORMALIZE NOW NULLIF OCTET_LENGTH
REPLACE REVERSE RIGHT ROUND STATEMENT_TIMESTAMP STRING_AGG STRPOS SUBSTRING SUM TRANSLATE TRIM UPPER
PG_IS_IN_RECOVERY PG_LAST_WAL_REPLAY_LSN
"""
ALLOWED: Final = frozenset(ALLOWED_WORDS.split())
# The prefix of the STABLE functions in config.database.functions, which cannot write.
LOOKUP: Final = "public.lookup_"


def is_plain_read(statement: str) -> bool:
    text = statement.upper()
    if not text.startswith("SELECT ") or UNSAFE_SYNTAX.search(text):
        return False
    called = set(FUNCTION_CALL.findall(text)) - ALLOWED
    return all(name.startswith(LOOKUP.upper()) for name in called)
