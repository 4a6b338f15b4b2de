"""A certificate authority for tests."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class CertificateAuthority:
    def __init__(self):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
        own = x509.BasicConstraints(ca=True, path_length=0)
        self.certificate = self._sign(self.name, self.key, own, "authority.test")

    def _sign(self, subject, key, constraints, name):
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder(self.name, subject, key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(constraints, critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
            .sign(self.key, hashes.SHA256())
        )

    def issue(self, lineage, name="localhost"):
        """Write a new certificate and key as certbot does; return the serial number."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        constraints = x509.BasicConstraints(ca=False, path_length=None)
        certificate = self._sign(subject, key, constraints, name)
        lineage.mkdir(parents=True, exist_ok=True)
        chain = encode_certificate(certificate) + encode_certificate(self.certificate)
        (lineage / "fullchain.pem").write_bytes(chain)
        (lineage / "privkey.pem").write_bytes(encode_key(key))
        return certificate.serial_number

    def make_context(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cadata=encode_certificate(self.certificate).decode())
        return context


def encode_certificate(certificate):
    return certificate.public_bytes(serialization.Encoding.PEM)


def encode_key(key):
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def write_combined(lineage, path):
    """Write certificate and key to one file, as TLS_CERT expects."""
    path.write_bytes(
        b"".join((lineage / f"{n}.pem").read_bytes() for n in ("fullchain", "privkey"))
    )
    path.chmod(0o600)
    return str(path)
