"""The storage backend for a bucket with the S3 API; imported only if a bucket is configured."""

from __future__ import annotations

from collections.abc import Iterator

from storages.backends.s3 import S3Storage


class Bucket(S3Storage):
    def list_keys(self) -> Iterator[str]:
        pages = self.connection.meta.client.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self.bucket_name):
            for entry in page.get("Contents", ()):
                yield entry["Key"]

    def sign_url(self, key: str, *, disposition: str, content_type: str) -> str:
        """Return a URL that serves the object to anybody for some minutes."""
        headers = {"ResponseContentDisposition": disposition, "ResponseContentType": content_type}
        return str(self.url(key, parameters=headers))
