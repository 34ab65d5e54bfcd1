"""What a webhook's headers must say before anybody reads its body, at each provider that calls back."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from pipeline.errors import Forged
from pipeline.providers.fal.signature import check_headers as check_fal
from pipeline.providers.painter.webhooks.ed25519 import FalSignature
from pipeline.providers.painter.webhooks.signature import Signature
from pipeline.providers.replicate.signature import Signatures
from pipeline.providers.replicate.signature import check_headers as check_replicate

SECRET, OTHER = "whsec_" + "c2VjcmV0" * 4, "whsec_" + "b3RoZXJz" * 4
TIMES = ["", "now", "-1", "1e9", "9" * 5_000, "١٧٠٠٠٠٠٠٠٠", " ", "0x10", str(2**63), "1_700_000_000"]


def refused(check: Callable[[Mapping[str, str]], object], headers: Mapping[str, str]) -> bool:
    try:
        check(headers)
    except Forged:
        return True
    return False


def replicates() -> dict[str, str]:
    return Signature(SECRET).headers("msg_1", b"{}")


@pytest.mark.parametrize("stamp", TIMES)
def test_a_time_that_is_none_is_refused_and_breaks_nothing(tmp_path: Path, stamp: str) -> None:
    assert refused(check_replicate, replicates() | {"webhook-timestamp": stamp})
    assert refused(check_fal, FalSignature(tmp_path).headers("r1", b"{}") | {"x-fal-webhook-timestamp": stamp})


@pytest.mark.parametrize("seconds", [-301, -600, 302, 86_400])
def test_a_time_too_far_off_is_refused(tmp_path: Path, seconds: int) -> None:
    stamp = str(int(time.time()) + seconds)
    assert refused(check_replicate, replicates() | {"webhook-timestamp": stamp})
    assert refused(check_fal, FalSignature(tmp_path).headers("r1", b"{}") | {"x-fal-webhook-timestamp": stamp})


@pytest.mark.parametrize("value", [None, "", "x" * 2_000])
def test_every_header_is_there_and_of_a_sensible_length(tmp_path: Path, value: str | None) -> None:
    for check, good in ((check_replicate, replicates()), (check_fal, FalSignature(tmp_path).headers("r1", b"{}"))):
        assert not refused(check, good)
        for name in good.keys() - {"content-type"}:
            changed = {key: text for key, text in (good | {name: value}).items() if text is not None}
            assert refused(check, changed), name


@pytest.mark.parametrize("signature", ["v2,AAAA", "AAAA", "v1", " "])
def test_a_signature_of_another_kind_is_refused(tmp_path: Path, signature: str) -> None:
    assert refused(check_replicate, replicates() | {"webhook-signature": signature})
    assert refused(check_fal, FalSignature(tmp_path).headers("r1", b"{}") | {"x-fal-webhook-signature": signature})


def test_the_account_is_named(tmp_path: Path) -> None:
    assert check_fal(FalSignature(tmp_path).headers("r1", b"{}", user="ada")).user_id == "ada"


async def test_a_secret_that_was_replaced_is_believed_for_a_longest_time() -> None:
    secrets = [SECRET, OTHER, OTHER]

    async def read() -> str:
        return secrets.pop(0)

    signatures, lasting = Signatures(read, cache_seconds=0.0), Signatures(read)
    old, new = Signature(SECRET).headers("msg_1", b"{}"), Signature(OTHER).headers("msg_2", b"{}")
    await signatures.verify(b"{}", old)
    with pytest.raises(Forged):
        await signatures.verify(b"{}", old)
    await lasting.verify(b"{}", new)
    await lasting.verify(b"{}", new)
    assert secrets == []
