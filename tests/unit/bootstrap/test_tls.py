"""The development certificates: trusted by whoever trusts the file, good for nothing else, renewed in time."""

from __future__ import annotations

import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from ringwall.bootstrap.tls import RENEW_BEFORE, TlsFiles, TlsRefused, development_files, given_files

NOW = datetime.now(UTC)


def handshake(files: TlsFiles, name: str) -> str:
    """Do a whole TLS handshake in memory and return the version that was agreed on."""
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context(cafile=str(files.ca))
    server.load_cert_chain(files.certificate, files.private_key)
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    one = client.wrap_bio(to_client, to_server, server_hostname=name)
    other = server.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(10):
        for side in (one, other):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    version = one.version()
    assert version is not None
    return version


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "::1", "10.1.2.3"])
def test_whoever_trusts_the_ca_can_connect(tmp_path: Path, name: str) -> None:
    assert handshake(development_files(tmp_path, "10.1.2.3", NOW), name) == "TLSv1.3"


def test_another_name_is_not_vouched_for(tmp_path: Path) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(development_files(tmp_path, "127.0.0.1", NOW), "example.com")


def test_the_authority_cannot_vouch_for_the_wide_world(tmp_path: Path) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree"):
        handshake(development_files(tmp_path, "bank.example.com", NOW), "bank.example.com")


def test_keys_are_for_their_owner_alone(tmp_path: Path) -> None:
    development_files(tmp_path / "tls", "127.0.0.1", NOW)
    for path in (tmp_path / "tls").glob("*.key"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "tls").stat().st_mode) == 0o700


def test_files_are_kept_until_they_end_or_the_host_changes(tmp_path: Path) -> None:
    def serials(host: str, now: datetime) -> tuple[int, int]:
        files = development_files(tmp_path, host, now)
        assert files.ca is not None
        loaded = (x509.load_pem_x509_certificate(path.read_bytes()) for path in (files.ca, files.certificate))
        ca, leaf = (certificate.serial_number for certificate in loaded)
        return ca, leaf

    ca, leaf = serials("127.0.0.1", NOW)
    assert serials("127.0.0.1", NOW) == (ca, leaf)
    other_ca, other_leaf = serials("10.9.9.9", NOW)
    assert (other_ca == ca, other_leaf == leaf) == (True, False)
    late_ca, late_leaf = serials("10.9.9.9", NOW + timedelta(days=365) - RENEW_BEFORE + timedelta(days=1))
    assert (late_ca == ca, late_leaf == other_leaf) == (True, False)


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    development_files(tmp_path, "127.0.0.1", NOW)
    (tmp_path / "ca.pem").write_text("nonsense")
    with pytest.raises(TlsRefused):
        development_files(tmp_path, "127.0.0.1", NOW)


def test_an_authority_that_ends_is_not_used(tmp_path: Path) -> None:
    development_files(tmp_path, "127.0.0.1", NOW)
    with pytest.raises(TlsRefused, match="ends soon"):
        development_files(tmp_path, "127.0.0.1", NOW + timedelta(days=3640))


def test_an_operators_own_files_must_be_readable(tmp_path: Path) -> None:
    with pytest.raises(TlsRefused):
        given_files(str(tmp_path / "no.pem"), str(tmp_path / "no.key"))
