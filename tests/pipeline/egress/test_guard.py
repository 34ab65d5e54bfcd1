"""What the guard lets out, and where it connects."""

import asyncio
import socket
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pipeline.egress.guard import Guard
from pipeline.embedded.ports import any_free_port
from pipeline.errors import EgressRefused, EgressUnreachable
from tests.pipeline.egress.hosts import LOOPBACK, Names, guard, serving

TOLD_AT_ONCE = [
    "https://127.0.0.1/x",
    "https://10.1.2.3/x",
    "https://169.254.169.254/latest/meta-data/",
    "https://0.0.0.0/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[fe80::1]/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.1/",
    "https://0177.0.0.1/",
    "https://127.1/",
    "https://127.0.0.1.:443/",
    "http://8.8.8.8/x",
    "http://cat.example/x",
    "ftp://cat.example/x",
    "file:///etc/passwd",
    "gopher://cat.example/",
    "data:image/png;base64,AAAA",
    "https://",
    "https:///x",
    "https://cat.example:99999/",
    "https://user:secret@cat.example/",
    "https://user@cat.example/",
    "https://[::1/",
    "cat.example/x",
    "",
]


@pytest.mark.parametrize("url", TOLD_AT_ONCE)
async def test_refused_without_asking_anybody(url: str) -> None:
    names = Names()
    with pytest.raises(EgressRefused):
        Guard((), names).check(url)
    with pytest.raises((EgressRefused, KeyError)):
        await Guard((), names).pin(url)
    # A name over plain http is asked for, as it may lead to a network that is let in.
    assert names.asked in ([], ["cat.example"])


@pytest.mark.parametrize("url", ["https://cat.example/x", "https://8.8.8.8/x", "https://[2606:4700:4700::1111]:8443/"])
def test_what_may_well_be_public_is_not_refused_at_the_door(url: str) -> None:
    guard(allowed=False).check(url)


@pytest.mark.parametrize(
    "answer", ["10.0.0.5", "127.0.0.1", "169.254.169.254", "::1", "fe80::1", "8.8.8.8 10.0.0.5", "::ffff:10.0.0.5"]
)
async def test_a_name_that_leads_inside_is_refused_and_nothing_is_told_of_where(answer: str) -> None:
    with pytest.raises(EgressRefused, match=r"^cat.example is not on the public internet$"):
        await guard(allowed=False, cat_example=[answer]).pin("https://cat.example/x")


async def test_a_public_name_is_pinned_to_all_its_addresses() -> None:
    pinned = await guard(allowed=False, cat_example=["8.8.8.8 2606:4700:4700::1111"]).pin("https://cat.example/x")
    assert pinned.addresses == (ip_address("8.8.8.8"), ip_address("2606:4700:4700::1111"))


@pytest.mark.parametrize("answer", ["8.8.8.8", "10.0.0.5"])
async def test_plain_http_leads_to_allowed_networks_only(answer: str) -> None:
    with pytest.raises(EgressRefused):
        await guard(cat_example=[answer]).pin("http://cat.example/x")
    assert (await guard(cat_example=["127.0.0.9"]).pin("http://cat.example/x")).addresses


async def test_a_name_that_is_rebound_gains_nothing() -> None:
    """Looked at, it leads to an allowed address; asked again for the connection, it would lead elsewhere."""
    names = Names(cat_example=["127.0.0.1", "169.254.169.254"])

    async def answer(request: web.BaseRequest) -> web.Response:
        return web.Response(text=request.headers["Host"])

    async with serving(answer) as port:
        url = f"http://cat.example:{port}/x"
        async with Guard(LOOPBACK, names).request("GET", url) as response:
            assert (response.status, await response.text()) == (200, f"cat.example:{port}")
    assert names.asked == ["cat.example"]


async def test_no_redirect_is_followed() -> None:
    paths = []

    async def answer(request: web.BaseRequest) -> web.Response:
        paths.append(request.path)
        return web.Response(status=302, headers={"Location": "/elsewhere"})

    async with (
        serving(answer) as port,
        guard().request("GET", f"http://127.0.0.1:{port}/x") as response,
    ):
        assert response.status == 302
    assert paths == ["/x"]


async def test_nobody_there_and_a_line_that_is_cut_are_worth_another_try() -> None:
    async def cut(request: web.BaseRequest) -> web.Response:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    async with serving(cut) as port:
        for busy in (port, any_free_port()):
            with pytest.raises(EgressUnreachable, match=r"127.0.0.1 cannot be reached"):
                async with guard().request("GET", f"http://127.0.0.1:{busy}/x"):
                    pytest.fail("there was an answer")


async def test_the_machines_own_name_server_is_asked() -> None:
    with pytest.raises(EgressRefused, match="localhost is not on the public internet"):
        await Guard().pin("https://localhost/x")
    assert set((await Guard(LOOPBACK).pin("http://localhost:80/x")).addresses) <= {
        ip_address("127.0.0.1"),
        ip_address("::1"),
    }
    with pytest.raises((EgressRefused, EgressUnreachable), match=r"nothing.invalid"):
        await Guard().pin("https://nothing.invalid/x")


def certificate(folder: Path) -> ssl.SSLContext:
    """A certificate for cat.example that nobody has signed but itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "cat.example")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    kept = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(kept + signed.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


async def test_a_certificate_that_nobody_trusts_is_refused(tmp_path: Path) -> None:
    async def answer(_: web.BaseRequest) -> web.Response:
        return web.Response()

    async with serving(answer, await asyncio.to_thread(certificate, tmp_path)) as port:
        with pytest.raises(EgressRefused, match=r"cat.example shows no certificate that can be trusted"):
            async with guard(cat_example=["127.0.0.1"]).request("GET", f"https://cat.example:{port}/x"):
                pytest.fail("there was an answer")


def test_the_system_knows_the_old_spellings_too() -> None:
    """Why they are refused by name: whoever resolves them gets this machine."""
    for spelling in ("2130706433", "0x7f.1", "127.1"):
        assert socket.gethostbyname(spelling) == "127.0.0.1"
