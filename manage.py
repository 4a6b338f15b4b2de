#!/usr/bin/env python
"""Django's command line; every command runs in the jobs pool."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from config.database.cli import execute

    sys.exit(execute(sys.argv))


if __name__ == "__main__":
    main()
