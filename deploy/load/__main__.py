import sys

from gevent import monkey

monkey.patch_all()  # before anything imports what it patches

from load.run import main  # noqa: E402

sys.exit(main())
