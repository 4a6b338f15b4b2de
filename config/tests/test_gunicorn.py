"""deploy/gunicorn.conf.py"""

import runpy

from django.conf import settings


def test_no_access_log_is_put_together():
    configuration = runpy.run_path(str(settings.BASE_DIR / "deploy/gunicorn.conf.py"))
    logger, request, answer, environ, time = (None,) * 5
    configuration["logger_class"].access(logger, answer, request, environ, time)
