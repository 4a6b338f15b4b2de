import sys

from gevent import monkey

monkey.patch_all()  # before the patched modules are imported

from load.run import main  # noqa: E402  after the patch

sys.exit(main())
