"""Settings: documented to the last one, and deaf to variables that belong to somebody else."""

import asyncio
import os
import re
import sys
from pathlib import Path

import pytest
from dotenv import dotenv_values
from pydantic import ValidationError

from pipeline.embedded.procfile import CHECKOUT
from pipeline.settings import Settings
from pipeline.settings.painter import PainterSettings

INTERNAL = {"DARKROOM_EMBEDDED"}
"""Set by the supervisor for its children, by nobody else."""


def documented() -> dict[str, str | None]:
    return dict(dotenv_values(CHECKOUT / ".env.example"))


def variables() -> set[str]:
    ours = {str(field.validation_alias.choices[0]) for field in Settings.model_fields.values()}  # type: ignore[union-attr]
    return ours | {f"PAINTER_{name.upper()}" for name in PainterSettings.model_fields}


def test_the_example_names_every_setting() -> None:
    assert set(documented()) == variables() - INTERNAL


def test_the_example_is_the_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in set(os.environ) & variables():
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    defaults, painter = Settings(), PainterSettings()
    for name, value in documented().items():
        if value:
            monkeypatch.setenv(name, value)
    assert Settings() == defaults
    assert PainterSettings() == painter


def test_the_example_holds_no_secret() -> None:
    secrets = {name for name in documented() if re.search("KEY|TOKEN|SECRET", name)}
    assert {documented()[name] for name in secrets} == {""}


@pytest.mark.parametrize(("variable", "field"), [("HOME", "home"), ("URL", "url"), ("API_KEY", "api_key")])
def test_other_peoples_variables_are_not_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str, field: str
) -> None:
    monkeypatch.chdir(tmp_path)
    before = getattr(Settings(), field)
    monkeypatch.setenv(variable, "/somewhere/else")
    assert getattr(Settings(), field) == before


def test_an_orphan_is_older_than_any_lease() -> None:
    with pytest.raises(ValidationError, match="longer than DARKROOM_LEASE_SECONDS"):
        Settings(_env_file=None, lease_seconds=60.0, orphan_seconds=60.0)
    with pytest.raises(ValidationError, match="longer than DARKROOM_LEASE_SECONDS"):
        Settings(_env_file=None, lease_seconds=7200.0)
    assert Settings(_env_file=None, lease_seconds=60.0, orphan_seconds=61.0).orphan_seconds == 61


@pytest.mark.parametrize(
    ("provider", "public", "base"),
    [
        ("http://127.0.0.1:8001", None, "http://127.0.0.1:8000"),
        ("https://api.replicate.com", None, None),
        ("https://api.replicate.com", "http://localhost:8000", None),
        ("https://api.replicate.com", "https://darkroom.example/", "https://darkroom.example"),
    ],
)
def test_webhooks_are_asked_for_only_where_they_can_arrive(provider: str, public: str | None, base: str | None) -> None:
    settings = Settings(_env_file=None, port=8000, replicate_api_url=provider, public_url=public)
    assert settings.callback_base_of(provider) == base


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"supabase_jwt_secret": "a-short-secret"}, "at least 32 bytes"),
        ({"supabase_jwks_url": "file:///etc/passwd"}, "http:// or https://"),
        ({"supabase_jwks_url": "https://"}, "http:// or https://"),
    ],
)
def test_what_tokens_are_checked_with(wrong: dict[str, str], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Settings(_env_file=None, **wrong)  # type: ignore[arg-type]


async def test_a_secret_that_cannot_be_taken_is_not_printed(tmp_path: Path) -> None:
    environment = {**os.environ, "SUPABASE_JWT_SECRET": "a-short-secret", "DARKROOM_HOME": str(tmp_path)}
    for command in (
        ("-m", "api"),
        ("-m", "pipeline.embedded"),
        ("-m", "api.cli", "queue"),
        ("-m", "api.cli", "keys", "ls"),
    ):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, *command),
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        printed = (await process.communicate())[0].decode()
        assert process.returncode
        assert "SUPABASE_JWT_SECRET" in printed.upper()
        assert "a-short-secret" not in printed
