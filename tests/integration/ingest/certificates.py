"""Certificates made for a test: an authority, and keys with certificates of it for this machine."""

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def authority(folder: Path, name: str) -> tuple[ec.EllipticCurvePrivateKey, x509.Name, Path]:
    """A certificate authority; its certificate is in the file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    path = folder / f"{name}.pem"
    made = _certificate(key, subject, key, subject, ca=True)
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return key, subject, path


def issued(folder: Path, name: str, by: tuple[ec.EllipticCurvePrivateKey, x509.Name, Path]) -> Path:
    """A key and a certificate in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = _certificate(key, subject, by[0], by[1], ca=False)
    path = folder / f"{name}.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


def _certificate(
    key: ec.EllipticCurvePrivateKey,
    subject: x509.Name,
    signer: ec.EllipticCurvePrivateKey,
    issuer: x509.Name,
    *,
    ca: bool,
) -> x509.Certificate:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(signer, hashes.SHA256())
    )


def client_context(authority_file: Path, certificate: Path | None) -> ssl.SSLContext:
    """Of a client that trusts the authority, with or without a certificate of its own."""
    made = ssl.create_default_context(cafile=str(authority_file))
    if certificate is not None:
        made.load_cert_chain(certificate)
    return made
