"""The module's types hold, and so do those of a program that uses it."""

import asyncio
import json
import re
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path

import pytest

from api.javascript import FILE
from pipeline.embedded.procfile import CHECKOUT
from tests.javascript.program import NODE

TYPESCRIPT = CHECKOUT / ".browser" / "node_modules" / "typescript" / "bin" / "tsc"
LOCK = Path(__file__).parent / "package-lock.json"
USED = """
import { Darkroom, Problem } from "./darkroom.js";
const darkroom = new Darkroom({ url: "http://localhost:8000", getToken: async () => "token" });
const { id, images } = await darkroom.submit({ prompt: "a lighthouse", width: 512 }, { idempotencyKey: "mine" });
const watched = darkroom.watch(id, { after: 1, onProgress: ({ eta_seconds }) => eta_seconds?.toFixed() });
for await (const { status, generation } of watched) if (status === "completed") console.log(generation.images[0]?.url);
for await (const { cursor } of darkroom.feed({ onReset: () => {}, signal: new AbortController().signal })) {
  const kept: string | number | null = cursor;
}
for await (const { counts } of darkroom.queue()) console.log(counts.queued + images.length);
try { await darkroom.list({ status: "failed" }); } catch (error) {
  if (error instanceof Problem) console.log(error.status, error.errors.map(({ field }) => field));
}
"""
FLAGS = (
    *("--noEmit", "--strict", "--allowJs", "--checkJs", "--noImplicitReturns"),
    *("--target", "es2022", "--lib", "es2022,dom", "--module", "esnext", "--moduleResolution", "bundler"),
)
WRONG = {
    'darkroom.watch(id, { after: "2" });': "TS2322",
    'darkroom.list({ status: "finished" });': "TS2322",
    "darkroom.submit({ width: 512 });": "TS2345",
    'for await (const { status } of darkroom.watch(id)) if (status === "done") break;': "TS2367",
    "new Darkroom({ url: 5 });": "TS2322",
}


async def check(folder: Path, program: str) -> str:
    """What the compiler says about a strict program that imports the module; nothing when all is well."""
    if not TYPESCRIPT.exists():
        pytest.fail("TypeScript is not installed: run make test (or scripts/bootstrap.py --browser)", pytrace=False)
    (folder / "darkroom.js").write_bytes(FILE.read_bytes())
    (folder / "program.ts").write_text(program)
    command = [str(NODE), str(TYPESCRIPT), *FLAGS, "program.ts"]
    process = await asyncio.create_subprocess_exec(*command, cwd=folder, stdout=PIPE, stderr=STDOUT)
    said, _ = await asyncio.wait_for(process.communicate(), 60)
    assert (process.returncode == 0) is (said == b"")
    return said.decode()


async def test_the_module_and_its_use_are_typed(tmp_path: Path) -> None:
    assert await check(tmp_path, USED) == ""


async def test_a_wrong_use_is_seen(tmp_path: Path) -> None:
    said = await check(tmp_path, USED + "\n".join(WRONG))
    first = USED.count("\n") + 1
    seen = [(int(line), error) for line, error in re.findall(r"program\.ts\((\d+),\d+\): error (\w+)", said)]
    assert seen == list(enumerate(WRONG.values(), first))


def test_what_is_installed_is_pinned_by_hash_and_names_no_registry() -> None:
    lock = json.loads(LOCK.read_text())
    packages = [package for name, package in lock["packages"].items() if name]
    assert packages
    assert all(package["integrity"].startswith("sha512-") for package in packages)
    assert "resolved" not in LOCK.read_text()
    assert "//" not in LOCK.read_text()
