"""Three providers: a painter's three counters, and rows whose routes lead past them as a catalogue may have it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from pipeline.providers.painter.ledger import LEDGER_FILE, Sold, read_ledger
from tests.pipeline.providers.painter.caller import Caller

MODELS = {
    "replicate": ("black-forest-labs/flux-schnell", {"prompt": "a lighthouse", "seed": 7}),
    "fal": ("fal-ai/flux/schnell", {"prompt": "a lighthouse", "seed": 7}),
    "openai": ("gpt-image-2", {"prompt": "a lighthouse", "n": 1}),
}
PRICES = {"replicate": 0.003, "fal": 0.004, "openai": 0.06}


def three_providers(port: int) -> dict[str, Any]:
    """The settings of all three at a painter on that port."""
    painter = f"http://127.0.0.1:{port}"
    return {
        "replicate_api_url": painter,
        "replicate_api_token": SecretStr("a-token"),
        "lease_seconds": 4.0,
        "fal_api_url": f"{painter}/fal",
        "fal_jwks_url": f"{painter}/fal/.well-known/jwks.json",
        "fal_key": SecretStr("a-token"),
        "openai_base_url": f"{painter}/openai/v1",
        "openai_api_key": SecretStr("a-token"),
    }


def routed(*providers: str) -> dict[str, Any]:
    """What a submission says of its route."""
    stops = [
        {
            "provider": name,
            "model": MODELS[name][0],
            "input": MODELS[name][1],
            "price": {"picture": PRICES[name]},
            "estimated_cost": PRICES[name],
        }
        for name in providers
    ]
    first = stops[0]
    return {
        "provider": first["provider"],
        "provider_model": first["model"],
        "input": first["input"],
        "price": first["price"],
        "estimated_cost": first["estimated_cost"],
        "route": list(providers) if len(providers) > 1 else None,
        "stops": stops if len(stops) > 1 else None,
    }


async def faults(painter: Caller, provider: str, *rules: dict[str, Any]) -> None:
    """Dial the faults of one counter."""
    prefix = "" if provider == "replicate" else f"/{provider}"
    status, body = await painter.ask("PUT", f"{prefix}/_painter/faults", json=list(rules))
    assert status == 200, body


def sold_by(home: Path, provider: str) -> Sequence[Sold]:
    """What one counter has sold, oldest first."""
    folder = home / "painter" if provider == "replicate" else home / "painter" / provider
    ledger = folder / LEDGER_FILE
    return read_ledger(ledger) if ledger.exists() else []


def sold(home: Path) -> dict[str, int]:
    """How many each counter has sold."""
    return {name: len(sold_by(home, name)) for name in MODELS}
