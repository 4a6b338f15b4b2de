"""Uploads in a bucket that speaks S3. Only a site that has one imports this."""

from __future__ import annotations

from collections.abc import Iterator

from storages.backends.s3 import S3Storage


class Bucket(S3Storage):  # type: ignore[misc]
    def list_keys(self) -> Iterator[str]:
        """All objects in the order of their keys, a page at a time."""
        pages = self.connection.meta.client.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self.bucket_name):
            for entry in page.get("Contents", ()):
                yield entry["Key"]

    def sign_url(self, key: str, *, disposition: str, content_type: str) -> str:
        """An address that serves the object, for minutes, to whoever has it."""
        headers = {"ResponseContentDisposition": disposition, "ResponseContentType": content_type}
        return str(self.url(key, parameters=headers))
