"""Our logs before programs that nobody here wrote: each accepts them whole, and refuses each thing that was tampered with."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from ringwall.crypto import sha256
from ringwall.crypto.base64_text import encode_base64
from ringwall.crypto.dsse import Envelope, sign_envelope
from ringwall.crypto.log_policy import LogPolicy, TrustedKey, Witness, log_id, trust_logs
from ringwall.crypto.notes import ED25519, Ed25519Signer, MlDsa44Signer, parse_vkey, vkey
from ringwall.crypto.rekor import dsse_body
from ringwall.crypto.sigstore_bundle import Bundle, LoggedAt, TrustedLog, verify_bundle, write_bundle, write_trusted_root
from ringwall.crypto.statements import DATASET_COMMITMENT, IN_TOTO, make_statement
from ringwall.crypto.tiles import consistency, inclusion
from ringwall.crypto.timestamp import read_timestamp
from ringwall.crypto.verifier_keys import EnvelopeSigner
from ringwall.errors import IntegrityError
from ringwall.ledger.export import Files, export_log
from ringwall.ledger.witness import Answer, WitnessAhead, add_checkpoint_body, ask, gather
from tests.environments import environment, install_javascript, install_python
from tests.live import free_port, start
from tests.static_log import LOG, ORIGIN, Source, StaticLog

pytestmark = [pytest.mark.clients, pytest.mark.timeout(900)]
HERE = Path(__file__).parent

ADA = EnvelopeSigner(bytes([3]) * 32)
STATEMENT = make_statement(DATASET_COMMITMENT, {"credit-risk": sha256(b"data").hex()}, {"rows": 1000})
ENVELOPE = sign_envelope(IN_TOTO, STATEMENT.to_json(), [ADA])
BODY = dsse_body(ENVELOPE, {ADA.key.id: ADA.key})
INDEX = 300
VKEY = vkey(LOG.key)


def make_log(entries: int) -> StaticLog:
    """A log with a logged commitment in it, each checkpoint signed with both algorithms."""
    log = StaticLog([LOG, MlDsa44Signer(ORIGIN, bytes([1]) * 32)])
    leaves = [b'{"n":%d}' % number for number in range(entries)]
    log.add(*leaves[:INDEX], BODY, *leaves[INDEX + 1 :])
    return log


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of 1,000 entries as files, and beside it the checkpoint of its first 577."""
    home = tmp_path_factory.mktemp("exported")
    log = make_log(577)
    (home / "old").write_bytes(log.files["checkpoint"])
    log.add(*[b"%d" % number for number in range(423)])
    asyncio.run(export_log(Source(log), home / "log", trust_logs([LOG.key])))
    return home


def tampered(exported: Path, target: Path) -> Iterator[tuple[str, Path]]:
    """Copies of an export with one byte changed in an entry, a tile or the checkpoint."""
    for name in ("tile/entries/001", "tile/entries/003.p/232", "tile/0/002", "tile/0/003.p/232", "tile/1/000.p/3", "checkpoint"):
        copy = target / name.replace("/", "-")
        shutil.copytree(exported / "log", copy)
        data = bytearray((copy / name).read_bytes())
        data[len(data) // 2 if name != "checkpoint" else len(ORIGIN) + 1] ^= 1
        (copy / name).write_bytes(data)
        yield name, copy


def run(*command: str | Path, given: str = "", **options: object) -> tuple[int, str]:
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=False, timeout=300, **options)
    return done.returncode, done.stdout + done.stderr


# -- Go: golang.org/x/mod/sumdb --


@pytest.fixture(scope="module")
def go_audit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Go program, compiled against Debian's packages."""
    if shutil.which("go") is None or not Path("/usr/share/gocode/src/golang.org/x/mod/sumdb").is_dir():
        pytest.skip("go: no golang-go and golang-golang-x-mod-dev on this machine")
    home = tmp_path_factory.mktemp("go")
    settings = {**os.environ, "GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOCACHE": str(home / "cache"), "GOFLAGS": ""}
    code, said = run("go", "build", "-o", home / "audit", HERE / "go" / "main.go", env=settings)
    assert code == 0, said
    return home / "audit"


def test_go_sumdb_opens_the_note_and_proves_every_record_and_the_growth(go_audit: Path, exported: Path) -> None:
    code, said = run(go_audit, exported / "log", VKEY, exported / "old")
    assert (code, said.split()) == (0, ["CONSISTENT", "577", "1000", "VERIFIED", "1000"])


def test_go_sumdb_refuses_what_was_tampered_with(go_audit: Path, exported: Path, tmp_path: Path) -> None:
    for name, copy in tampered(exported, tmp_path):
        code, said = run(go_audit, copy, VKEY, exported / "old")
        assert code != 0, f"{name}: {said}"
        assert "VERIFIED" not in said
    stranger = vkey(Ed25519Signer(ORIGIN, bytes([9]) * 32).key)
    assert run(go_audit, exported / "log", stranger)[0] != 0
    fork = StaticLog()
    fork.add(*[b"fork"] * 577)
    (tmp_path / "fork").write_bytes(fork.files["checkpoint"])
    code, said = run(go_audit, exported / "log", VKEY, tmp_path / "fork")
    assert (code, "CONSISTENT" in said) == (1, False)


# -- npm: @sigstore/verify --


@pytest.fixture(scope="module")
def sigstore() -> Callable[..., dict[str, str]]:
    """Ask @sigstore/verify about bundles."""
    if shutil.which("npm") is None:
        pytest.skip("npm: no Node.js on this machine")
    home = environment(HERE / "sigstore" / "package-lock.json", install_javascript)
    shutil.copy(HERE / "sigstore" / "verify.mjs", home)

    def verify(bundles: dict[str, object], root: bytes, keys: dict[str, str] | None = None) -> dict[str, str]:
        known = keys or {ADA.key.id: encode_base64(ADA.key.spki)}
        given = json.dumps({"root": json.loads(root), "keys": known, "bundles": bundles})
        code, said = run("node", "verify.mjs", given=given, cwd=home)
        assert code == 0, said
        answers: dict[str, str] = json.loads(said)
        return answers

    return verify


def bundle_of(log: StaticLog, envelope: Envelope = ENVELOPE) -> Bundle:
    reader = type("Reader", (), {"read": staticmethod(log.get)})()
    path = tuple(inclusion(reader, INDEX, log.checkpoint.size))
    logged = LoggedAt(
        log_id=log_id(ORIGIN, LOG.key.public),
        index=INDEX,
        size=log.checkpoint.size,
        root=log.checkpoint.root,
        path=path,
        checkpoint=log.files["checkpoint"],
        body=BODY,
    )
    return Bundle(envelope, ADA.key.id, logged)


def trusted_root(signer: Ed25519Signer = LOG) -> bytes:
    log = TrustedLog(origin=ORIGIN, public=signer.key.public, base_url=f"https://{ORIGIN}", valid_from="2026-01-01T00:00:00Z")
    return write_trusted_root([log])


def test_sigstore_verifies_a_commitment_offline_and_refuses_every_change(sigstore: Callable[..., dict[str, str]]) -> None:
    bundle = bundle_of(make_log(700))
    verify_bundle(bundle, ADA.key, trust_logs([LOG.key]))
    text = write_bundle(bundle)

    def changed(change: Callable[[dict], object]) -> object:
        value = json.loads(text)
        change(value)
        return value

    def entry(value: dict) -> dict:
        return value["verificationMaterial"]["tlogEntries"][0]

    def proof(value: dict) -> dict:
        return entry(value)["inclusionProof"]

    other = base64.b64encode(bytes(32)).decode()
    forged = encode_base64(STATEMENT.to_json().replace(b"1000", b"9999"))
    asked = {
        "whole": json.loads(text),
        "another payload": changed(lambda b: b["dsseEnvelope"].update(payload=forged)),
        "another signature": changed(lambda b: b["dsseEnvelope"]["signatures"][0].update(sig=encode_base64(bytes(64)))),
        "a hash of the path": changed(lambda b: proof(b)["hashes"].__setitem__(2, other)),
        "a hash left out": changed(lambda b: proof(b)["hashes"].pop()),
        "another index": changed(lambda b: proof(b).update(logIndex="301")),
        "a checkpoint of another size": changed(
            lambda b: proof(b)["checkpoint"].update(envelope=proof(b)["checkpoint"]["envelope"].replace("\n700\n", "\n701\n"))
        ),
        "another body": changed(lambda b: entry(b).update(canonicalizedBody=encode_base64(BODY.replace(b"0.0.2", b"0.0.3")))),
        "no log entry": changed(lambda b: b["verificationMaterial"].update(tlogEntries=[])),
    }
    answers = sigstore(asked, trusted_root())
    assert answers.pop("whole") == "VERIFIED"
    assert answers.keys() == asked.keys() - {"whole"}
    assert "VERIFIED" not in answers.values(), answers
    stranger = Ed25519Signer(ORIGIN, bytes([9]) * 32)
    assert sigstore({"whole": json.loads(text)}, trusted_root(stranger)) != {"whole": "VERIFIED"}


def test_sigstore_agrees_with_the_committed_vectors(sigstore: Callable[..., dict[str, str]]) -> None:
    vectors = json.loads((HERE.parents[1] / "conformance" / "vectors" / "ledger_proofs.json").read_text("utf-8"))
    bundle = json.loads(vectors["bundle"])
    keys = {bundle["verificationMaterial"]["publicKey"]["hint"]: vectors["key"]}
    assert sigstore({"vectors": bundle}, vectors["trustedRoot"].encode(), keys) == {"vectors": "VERIFIED"}


# -- PyPI: aics-tlog and aics-witness --


@pytest.fixture(scope="module")
def aics() -> Path:
    """Their environment; they ask for Python 3.12 and run on 3.11."""
    return environment(HERE / "aics" / "requirements.txt", lambda lock, home: install_python(lock, home, "--ignore-requires-python"))


def test_aics_tlog_audits_the_whole_export_and_refuses_what_was_tampered_with(aics: Path, exported: Path, tmp_path: Path) -> None:
    audit = partial(run, aics / "bin" / "python", HERE / "aics" / "audit.py")
    code, said = audit(exported / "log", VKEY, ORIGIN)
    assert (code, said.split()[:2]) == (0, ["VERIFIED", "1000"])
    for name, copy in tampered(exported, tmp_path):
        code, said = audit(copy, VKEY, ORIGIN)
        assert (code, said.split()[0]) == (1, "REFUSED"), f"{name}: {said}"
    assert audit(exported / "log", VKEY, "another.example/log")[0] == 1


@contextmanager
def witnessing(aics: Path, home: Path, origin: str, log_vkey: str) -> Iterator[Witness]:
    """A real witness that knows one log, on a free port."""
    program, config, port = aics / "bin" / "aics-witness", home / "witness.json", free_port()
    code, said = run(program, "init", "-c", config, "--name", "witness.example/w1", "--listen", f"127.0.0.1:{port}")
    assert code == 0, said
    key = parse_vkey(next(word for word in said.replace('"', " ").split() if word.startswith("witness.example/w1+")))
    code, said = run(program, "add-log", "-c", config, "--origin", origin, "--vkey", log_vkey)
    assert code == 0, said
    with (home / "witness.log").open("w") as log:
        process = subprocess.Popen([program, "serve", "-c", config], stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(url, process)
        yield Witness("w1", key, url)
    finally:
        process.terminate()
        process.communicate(timeout=30)


@pytest.fixture
def witness(aics: Path, tmp_path: Path) -> Iterator[Witness]:
    """One that knows the log that the tests here make."""
    with witnessing(aics, tmp_path, ORIGIN, VKEY) as witness:
        yield witness


def wait_for(url: str, process: subprocess.Popen) -> None:
    for _ in range(60):
        if post_and_wait(f"{url}/", b"").status:
            return
        try:
            process.wait(timeout=0.5)
        except subprocess.TimeoutExpired:
            continue
        break
    raise AssertionError("the witness does not answer")


async def post(url: str, body: bytes) -> Answer:
    """Post with the standard library; status 0 where nobody listens."""
    return await asyncio.to_thread(post_and_wait, url, body)


def post_and_wait(url: str, body: bytes) -> Answer:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body), timeout=30) as answer:
            return Answer(answer.status, answer.headers.get("content-type", ""), answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.headers.get("content-type", ""), error.read())
    except OSError:
        return Answer(0, "", b"")


def prover(log: StaticLog) -> Callable[[int, int], Awaitable[list[bytes]]]:
    reader = type("Reader", (), {"read": staticmethod(log.get)})()

    async def prove(old: int, new: int) -> list[bytes]:
        return consistency(reader, old, new)

    return prove


def test_a_real_witness_cosigns_growth_and_refuses_rollback_and_fork(witness: Witness, go_audit: Path, tmp_path: Path) -> None:
    log = make_log(400)
    policy = LogPolicy((TrustedKey(LOG.key),), (witness,), quorum="w1")

    def cosign() -> bytes:
        cosigned = asyncio.run(gather(policy, log.files["checkpoint"], prover(log), post))
        assert [each.refusal for each in cosigned.asked] == [""]
        assert policy.open(cosigned.note) == log.checkpoint
        return cosigned.note

    cosign()
    older = log.files["checkpoint"]
    log.add(*[b"more"] * 700)
    asyncio.run(export_log(Source(log), tmp_path / "log", trust_logs([LOG.key])))
    (tmp_path / "log" / "checkpoint").write_bytes(cosign())
    assert run(go_audit, tmp_path / "log", VKEY)[0] == 0  # cosignatures are in nobody's way
    assert policy.open(Files(tmp_path / "log").read("checkpoint")) == log.checkpoint

    with pytest.raises(WitnessAhead, match="cosigned 1100 entries; the log has 400"):
        asyncio.run(ask(witness, older, prover(log), post))
    unproved = add_checkpoint_body(1100, [bytes(32)], make_log(1200).files["checkpoint"])
    assert post_and_wait(f"{witness.url}/add-checkpoint", unproved).status == 422
    fork = StaticLog()
    fork.add(*[b"fork"] * 1100)
    with pytest.raises(WitnessAhead, match=r"another tree of 1100|did not grow from"):
        asyncio.run(ask(witness, fork.files["checkpoint"], prover(fork), post))
    log.add(b"and on")
    cosign()


# -- a running ringwall, through its own command line --


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """What `ringwall ledger export` and `prove` wrote beside a server on which things were put on record."""
    home = tmp_path_factory.mktemp("served")
    live = start(home / "var")
    headers = {"authorization": f"Bearer {live.ready['apiKey']}", "content-type": "application/json"}
    for number in range(20):
        body = json.dumps({"digest": sha256(b"%d" % number).hex(), "metadata": {"n": number}, "name": "model"}).encode()
        with urllib.request.urlopen(urllib.request.Request(f"{live.url}/ringwall/v1/audit-log", body, headers), timeout=30):
            pass
    for command in (("export", "statements", "statements"), ("export", "audit", "audit"), ("prove", "statements", "7", "--out", "seven")):
        code, said = run(sys.executable, "-m", "ringwall", "ledger", *command, "--data-dir", live.data_dir, cwd=home)
        assert code == 0, said
        (home / f"{command[0]}-{command[1]}.said").write_text(said)
    yield home
    assert live.stop() == 0


def origin_and_vkey(log: Path) -> tuple[str, str]:
    """The log's origin and its Ed25519 key, as the export printed them."""
    keys = [
        parse_vkey(line.split()[1]) for line in (log.parent / f"export-{log.name}.said").read_text().splitlines() if line.startswith("log ")
    ]
    (key,) = [key for key in keys if key.algorithm == ED25519]
    return key.name, vkey(key)


@pytest.mark.parametrize("log", ["statements", "audit"])
def test_the_logs_of_a_running_ringwall_are_audited_by_others(served: Path, go_audit: Path, aics: Path, log: str) -> None:
    origin, key = origin_and_vkey(served / log)
    code, said = run(go_audit, served / log, key)
    assert (code, said.split()[0]) == (0, "VERIFIED"), said
    code, said = run(aics / "bin" / "python", HERE / "aics" / "audit.py", served / log, key, origin)
    assert (code, said.split()[0]) == (0, "VERIFIED"), said


def test_a_real_witness_cosigns_the_log_of_a_running_ringwall(served: Path, aics: Path, go_audit: Path, tmp_path: Path) -> None:
    origin, key = origin_and_vkey(served / "statements")
    ledger = partial(run, sys.executable, "-m", "ringwall", "--data-dir", served / "var", "ledger", cwd=tmp_path)
    with witnessing(aics, tmp_path, origin, key) as witness:
        lines = (f"log {key}", f"witness w1 {vkey(witness.key)} {witness.url}", "quorum w1")
        (tmp_path / "policy").write_text("\n".join(lines) + "\n")
        assert ledger("export", "statements", "before", "--policy", "policy")[0] == 3
        for _ in range(2):
            code, said = ledger("witness", "statements", "--policy", "policy")
            assert (code, "cosigned" in said) == (0, True), said
    code, said = ledger("export", "statements", "after", "--policy", "policy")
    assert code == 0, said
    assert run(go_audit, tmp_path / "after", key)[0] == 0


def test_a_bundle_of_a_running_ringwall_is_verified_by_sigstore(served: Path, sigstore: Callable[..., dict[str, str]]) -> None:
    bundle = json.loads((served / "seven.sigstore.json").read_text())
    root = (served / "seven.trusted-root.json").read_bytes()
    keys = {bundle["verificationMaterial"]["publicKey"]["hint"]: encode_base64((served / "seven.key").read_bytes())}
    other = json.loads(json.dumps(bundle).replace('"logIndex": "7"', '"logIndex": "8"'))
    answers = sigstore({"whole": bundle, "another index": other}, root, keys)
    assert answers == {"whole": "VERIFIED", "another index": "TLOG_INCLUSION_PROOF_ERROR"}


# -- PyPI: pymerkle --


def test_pymerkle_computes_the_same_root() -> None:
    home = environment(HERE / "pymerkle" / "requirements.txt", install_python)
    log = make_log(1000)
    for size in (1, 2, 255, 256, 257, 1000):
        lines = "\n".join(encode_base64(entry) for entry in log.entries[:size])
        code, said = run(home / "bin" / "python", HERE / "pymerkle" / "root.py", given=lines)
        prefix = StaticLog()
        prefix.add(*log.entries[:size])
        assert (code, said.strip()) == (0, prefix.checkpoint.root.hex())


# -- OpenSSL: RFC 3161 --

TSA = """
[ v3_tsa ]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
[ tsa ]
default_tsa = tsa_config
[ tsa_config ]
serial = {home}/serial
signer_cert = {home}/tsa.pem
certs = {home}/ca.pem
signer_key = {home}/tsa.key
signer_digest = sha256
default_policy = 1.3.6.1.4.1.99999.1
digests = sha256
accuracy = secs:1
ess_cert_id_alg = sha256
[ req ]
distinguished_name = name
[ name ]
[ v3_ca ]
basicConstraints = critical, CA:TRUE
"""


@pytest.fixture
def authority(tmp_path: Path) -> Iterator[str]:
    """A time stamping authority on a port of this machine: OpenSSL behind a few lines of HTTP; its root is `ca.pem`."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl: not on this machine")
    (tmp_path / "tsa.cnf").write_text(TSA.format(home=tmp_path))
    (tmp_path / "serial").write_text("01\n")
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-config", "tsa.cnf")
    for command in (
        ("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=test root", "-extensions", "v3_ca"),
        ("req", "-new", *key, "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=test authority"),
        (
            "x509", "-req", "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out", "tsa.pem",
            "-extfile", "tsa.cnf", "-extensions", "v3_tsa",
        ),
    ):  # fmt: skip
        code, said = run("openssl", *command, cwd=tmp_path)
        assert code == 0, said

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            (tmp_path / "request").write_bytes(self.rfile.read(int(self.headers["content-length"])))
            reply = ("ts", "-reply", "-config", "tsa.cnf", "-section", "tsa_config", "-queryfile", "request", "-out", "response")
            code, _ = run("openssl", *reply, cwd=tmp_path)
            self.send_response(200 if code == 0 else 500)
            self.send_header("content-type", "application/timestamp-reply")
            self.end_headers()
            self.wfile.write((tmp_path / "response").read_bytes())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_openssl_dates_a_checkpoint_and_refuses_another(served: Path, authority: str, tmp_path: Path) -> None:
    base = ("--data-dir", served / "var", "ledger", "timestamp", "statements", "--url", authority)
    code, said = run(sys.executable, "-m", "ringwall", *base, cwd=tmp_path)
    assert code == 0, said
    verify = ("openssl", "ts", "-verify", "-in", "statements-stamped.tsr", "-CAfile", "ca.pem", "-data")
    code, said = run(*verify, "statements-stamped.checkpoint", cwd=tmp_path)
    assert (code, "Verification: OK" in said) == (0, True), said
    (tmp_path / "other").write_bytes((tmp_path / "statements-stamped.checkpoint").read_bytes() + b"\n")
    code, said = run(*verify, "other", cwd=tmp_path)
    assert (code, "Verification: OK" in said) == (1, False), said
    response, digest = (tmp_path / "statements-stamped.tsr").read_bytes(), sha256((tmp_path / "statements-stamped.checkpoint").read_bytes())
    asked = (tmp_path / "request").read_bytes().partition(digest)[2]  # an INTEGER, then `certReq`
    nonce = asked[2 : 2 + asked[1]][-8:].rjust(8, b"\0")
    assert read_timestamp(response, digest, nonce).serial
    for wrong in ((response, sha256(b""), nonce), (response, digest, bytes(8)), (response[:-1], digest, nonce)):
        with pytest.raises(IntegrityError):
            read_timestamp(*wrong)


def test_the_key_that_the_programs_were_given_is_the_logs_own() -> None:
    assert parse_vkey(VKEY) == LOG.key
    assert LOG.key.algorithm == ED25519
