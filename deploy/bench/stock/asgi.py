import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.stock.settings")
os.environ.setdefault("STOCK_URLS", "bench.stock.async_urls")
application = get_asgi_application()
