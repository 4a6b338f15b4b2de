"""The STORAGES setting for uploads: a folder, or a bucket with the S3 API (pure)."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

# Seconds until a signed URL expires.
SIGNED_URL_SECONDS: Final = 300
# Bytes: the maximum of S3 for one request, and the size up to which files are read in memory.
MAX_OBJECT_BYTES: Final = 5 * 1024**3
MAX_MEMORY_BYTES: Final = 1_000_000


def build_storage(path: Path, bucket: str, **access: str) -> dict[str, Any]:
    """Return the STORAGES entry for uploads: the bucket if it is named, else the folder."""
    return _build_bucket(bucket, **access) if bucket else _build_folder(path)


def _build_folder(path: Path) -> dict[str, Any]:
    options = {
        "location": path,
        "base_url": None,
        "file_permissions_mode": 0o600,
        "directory_permissions_mode": 0o700,
    }
    return {"BACKEND": "files.storage.Folder", "OPTIONS": options}


def _build_bucket(
    name: str, *, endpoint: str, region: str, key_id: str, secret: str
) -> dict[str, Any]:
    # Imported here, so that sites without a bucket do not pay for it.
    from boto3.s3.transfer import TransferConfig
    from botocore.config import Config

    options = {
        "bucket_name": name,
        "endpoint_url": endpoint or None,
        "region_name": region or None,
        "access_key": key_id or None,
        "secret_key": secret or None,
        "default_acl": None,
        "querystring_auth": True,
        "querystring_expire": SIGNED_URL_SECONDS,
        # Keys are unique; checking for existing ones would cost a request.
        "file_overwrite": True,
        # Otherwise the client's declared type is used.
        "object_parameters": {"ContentType": "application/octet-stream"},
        # One request for each object, so that none can be stored incompletely.
        "transfer_config": TransferConfig(multipart_threshold=MAX_OBJECT_BYTES, use_threads=False),
        # Bytes; larger objects are read through a temporary file.
        "max_memory_size": MAX_MEMORY_BYTES,
        "client_config": Config(
            signature_version="s3v4",
            connect_timeout=5,
            read_timeout=15,
            retries={"mode": "standard", "max_attempts": 2},
            # Not all servers support the checksums that boto3 sends by default.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    }
    return {"BACKEND": "files.bucket.Bucket", "OPTIONS": options}
