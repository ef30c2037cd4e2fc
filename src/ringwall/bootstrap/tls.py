"""A development certificate authority and a certificate for this server, kept in the data directory.

For development: clients trust it by naming its file (`AWS_CA_BUNDLE`). Its name constraints keep it from vouching for any other host.
"""

from __future__ import annotations

import ipaddress
import os
import ssl
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ringwall.errors import SettingsError
from ringwall.storage.private_folder import make_private

CA_DAYS = 3650
LEAF_DAYS = 365
RENEW_BEFORE = timedelta(days=30)


class TlsFiles(NamedTuple):
    """PEM files that the server reads; `ca` is what clients are told to trust, where it is ours."""

    certificate: Path
    private_key: Path
    ca: Path | None


class TlsRefused(SettingsError, code="tls-refused"):
    """The certificate files cannot be used."""


def given_files(certificate: str, private_key: str) -> TlsFiles:
    """Return an operator's own files.

    Raises:
        TlsRefused: one of them cannot be read.
    """
    files = TlsFiles(Path(certificate).expanduser().absolute(), Path(private_key).expanduser().absolute(), None)
    for path in (files.certificate, files.private_key):
        if not os.access(path, os.R_OK):
            raise TlsRefused(f"`{path}` cannot be read", remedy="correct `tls_certificate` and `tls_private_key`")
    return files


def trusted_authorities(path: str) -> ssl.SSLContext | None:
    """Return the machine's authorities and those of a file, for upstreams' certificates; None where there is no file.

    Raises:
        TlsRefused: the file cannot be read, or holds no certificate.
    """
    if not path:
        return None
    context = ssl.create_default_context()
    try:
        context.load_verify_locations(Path(path).expanduser())
    except (OSError, ssl.SSLError) as error:
        raise TlsRefused(
            f"the authorities in `{path}` cannot be read: {error.strerror or error}", remedy="correct `upstream_ca_file`"
        ) from None
    return context


def development_files(folder: Path, host: str, now: datetime) -> TlsFiles:
    """Return the development files, making the authority once and the certificate whenever it is missing, about to end or for another host.

    Raises:
        TlsRefused: the files are there but damaged.
    """
    make_private(folder)
    files = TlsFiles(folder / "server.pem", folder / "server.key", folder / "ca.pem")
    names = _names(host)
    try:
        if not (folder / "ca.key").exists():
            _make_authority(folder, names, now)
        authority = x509.load_pem_x509_certificate((folder / "ca.pem").read_bytes())
        if authority.not_valid_after_utc - now < RENEW_BEFORE:
            raise TlsRefused(f"the development CA in `{folder}` ends soon", remedy="remove the folder; clients then need the new ca.pem")
        if not _is_good(files, authority, names, now):
            _make_certificate(folder, authority, names, now)
    except (OSError, ValueError, TypeError) as error:
        raise TlsRefused(
            f"the development CA in `{folder}` cannot be used: {error}", remedy="remove the folder; a new one is made"
        ) from error
    return files


def _names(host: str) -> list[x509.GeneralName]:
    names: list[x509.GeneralName] = [
        x509.DNSName("localhost"),
        x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
        x509.IPAddress(ipaddress.ip_address("::1")),
    ]
    try:
        address = ipaddress.ip_address(host.strip("[]"))
        own: x509.GeneralName | None = None if address.is_unspecified else x509.IPAddress(address)
    except ValueError:
        own = x509.DNSName(host)
    return names if own is None or own in names else [*names, own]


def _constraints() -> x509.NameConstraints:
    """Limit the authority to loopback and private hosts: RFC 1918, RFC 4193, and names without a public suffix."""
    networks = ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7")
    permitted: list[x509.GeneralName] = [x509.IPAddress(ipaddress.ip_network(network)) for network in networks]
    permitted += [x509.DNSName(name) for name in ("localhost", "internal", "local", "test")]
    return x509.NameConstraints(permitted, None)


def _make_authority(folder: Path, names: list[x509.GeneralName], now: datetime) -> None:  # noqa: ARG001 - one shape with _make_certificate
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ringwall development CA")])
    certificate = (
        _builder(subject, subject, key.public_key(), now, CA_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(_constraints(), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    _write(folder / "ca.pem", certificate.public_bytes(serialization.Encoding.PEM), 0o644)
    _write(folder / "ca.key", _pem(key), 0o600)


def _make_certificate(folder: Path, authority: x509.Certificate, names: list[x509.GeneralName], now: datetime) -> None:
    ca_key = serialization.load_pem_private_key((folder / "ca.key").read_bytes(), password=None)
    if not isinstance(ca_key, ec.EllipticCurvePrivateKey):
        raise TypeError("ca.key is no elliptic curve key")
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ringwall")])
    certificate = (
        _builder(subject, authority.subject, key.public_key(), now, LEAF_DAYS)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    _write(folder / "server.key", _pem(key), 0o600)
    _write(folder / "server.pem", certificate.public_bytes(serialization.Encoding.PEM), 0o644)


def _builder(
    subject: x509.Name, issuer: x509.Name, public_key: ec.EllipticCurvePublicKey, now: datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=days))
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _is_good(files: TlsFiles, authority: x509.Certificate, names: list[x509.GeneralName], now: datetime) -> bool:
    if not (files.certificate.exists() and files.private_key.exists()):
        return False
    certificate = x509.load_pem_x509_certificate(files.certificate.read_bytes())
    try:
        certificate.verify_directly_issued_by(authority)
    except (InvalidSignature, ValueError):
        return False
    held = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return all(name in list(held) for name in names) and certificate.not_valid_after_utc - now > RENEW_BEFORE


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def _write(path: Path, content: bytes, mode: int) -> None:
    """Write a file whole, with its permissions from the first byte on."""
    fresh = path.with_suffix(path.suffix + ".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
    fresh.replace(path)
