"""Where uploaded bytes are kept: a folder, or a bucket that speaks S3 (pure; no environment)."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

# Seconds for which a signed address of an object is good.
SIGNED_URL_SECONDS: Final = 300
# Bytes: what S3 takes in one request, and how much of a file is read into memory.
MAX_OBJECT_BYTES: Final = 5 * 1024**3
MAX_MEMORY_BYTES: Final = 1_000_000


def build_storage(path: Path, bucket: str, **access: str) -> dict[str, Any]:
    """The STORAGES entry for what people upload: the bucket, if one is named, else the folder."""
    return _build_bucket(bucket, **access) if bucket else _build_folder(path)


def _build_folder(path: Path) -> dict[str, Any]:
    """A folder of this machine, readable by the site's user only."""
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
    """A bucket of S3, of R2 or of whatever else speaks its protocol."""
    # Only a site that has a bucket pays for importing these.
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
        # Keys are unique by themselves; looking whether one is taken would be a request more.
        "file_overwrite": True,
        # Else it would be what the client says.
        "object_parameters": {"ContentType": "application/octet-stream"},
        # One request for each object: there is no half of it that could be left over.
        "transfer_config": TransferConfig(multipart_threshold=MAX_OBJECT_BYTES, use_threads=False),
        # Bytes; what is larger is read by way of a temporary file.
        "max_memory_size": MAX_MEMORY_BYTES,
        "client_config": Config(
            signature_version="s3v4",
            connect_timeout=5,
            read_timeout=15,
            retries={"mode": "standard", "max_attempts": 2},
            # Not every server knows the checksums that are boto3's default.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    }
    return {"BACKEND": "files.bucket.Bucket", "OPTIONS": options}
