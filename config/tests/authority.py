"""A certificate authority of the tests' own."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class Authority:
    """Issues certificates; each has another serial number."""

    def __init__(self):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
        own = x509.BasicConstraints(ca=True, path_length=0)
        self.certificate = self._signed(self.name, self.key, own, "authority.test")

    def _signed(self, subject, key, constraints, name):
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
        """A new certificate and key in that folder, as certbot has them; the serial number."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        constraints = x509.BasicConstraints(ca=False, path_length=None)
        certificate = self._signed(subject, key, constraints, name)
        lineage.mkdir(parents=True, exist_ok=True)
        chain = pem(certificate) + pem(self.certificate)
        (lineage / "fullchain.pem").write_bytes(chain)
        (lineage / "privkey.pem").write_bytes(private(key))
        return certificate.serial_number

    def context(self):
        """What a client needs that believes this authority alone."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cadata=pem(self.certificate).decode())
        return context


def pem(certificate):
    return certificate.public_bytes(serialization.Encoding.PEM)


def private(key):
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def together(lineage, path):
    """Both in one file, as TLS_CERT names it."""
    path.write_bytes(
        b"".join((lineage / f"{n}.pem").read_bytes() for n in ("fullchain", "privkey"))
    )
    path.chmod(0o600)
    return str(path)
