"""What a directory owes beside what every store does: nothing half-written, ever, and clear words."""

import asyncio
import errno
import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from pipeline.errors import NotFound, StoreError
from pipeline.settings import Settings
from pipeline.stores import directory, open_store

PICTURE = b"\x89PNG not really" * 1000
KEY = "g/0-a.png"

# Puts pictures of 300 kB for ever, each under a name that tells its content; says when the first is in.
PUTTER = """
import asyncio, hashlib, os, sys
from pathlib import Path
from pipeline.stores.directory import DirectoryStore

async def main():
    store = DirectoryStore(Path(sys.argv[1]), "")
    await store.prepare()
    while True:
        data = os.urandom(1024) * 300
        await store.put(f"g/{hashlib.sha256(data).hexdigest()}.png", data, "image/png")
        print("put", flush=True)

asyncio.run(main())
"""


def test_a_killed_put_leaves_whole_pictures_only(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", PUTTER, tmp_path], stdout=subprocess.PIPE) as putter:
        assert putter.stdout is not None
        for _ in range(3):
            assert putter.stdout.readline() == b"put\n"
        putter.send_signal(signal.SIGKILL)
    pictures = list((tmp_path / "g").iterdir())
    assert len(pictures) >= 3
    for picture in pictures:
        assert hashlib.sha256(picture.read_bytes()).hexdigest() == picture.stem


def modes_below(root: Path) -> dict[str, set[int]]:
    """The modes of what is there, by what it is."""
    found: dict[str, set[int]] = {"directory": {root.stat().st_mode & 0o777}, "file": set()}
    for path in root.rglob("*"):
        found["directory" if path.is_dir() else "file"].add(path.stat().st_mode & 0o777)
    return found


async def test_nobody_else_on_the_machine_sees_the_pictures(directory_settings: Settings) -> None:
    pictures, before = directory_settings.home / "pictures", os.umask(0)
    try:
        async with open_store(directory_settings) as store:
            await store.put(KEY, PICTURE, "image/png")
        assert modes_below(pictures) == {"directory": {0o700}, "file": {0o600}}
    finally:
        os.umask(before)


async def test_a_directory_of_the_release_before_is_closed(directory_settings: Settings) -> None:
    pictures = directory_settings.home / "pictures"
    pictures.mkdir(mode=0o755)
    async with open_store(directory_settings):
        assert pictures.stat().st_mode & 0o777 == 0o700


async def test_a_put_returns_once_file_and_names_are_on_disk(
    directory_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is synced before it gets its name, the directory after; and none of it on the loop."""
    pictures = directory_settings.home / "pictures"
    calls: list[tuple[str, bool]] = []
    real_fsync = os.fsync

    def recording_fsync(descriptor: int) -> None:
        assert threading.current_thread() is not threading.main_thread()
        calls.append((os.path.realpath(f"/dev/fd/{descriptor}"), (pictures / KEY).exists()))
        real_fsync(descriptor)

    async with open_store(directory_settings) as store:
        monkeypatch.setattr(os, "fsync", recording_fsync)
        await store.put(KEY, PICTURE, "image/png")
    if sys.platform == "linux":  # elsewhere /dev/fd does not lead to names
        assert calls[0][0].startswith(str(pictures / ".incoming"))
        assert [path for path, _ in calls[1:]] == [str(pictures), str(pictures / "g")]
    assert [named for _, named in calls] == [False, False, True]


async def test_a_full_disk_is_told_and_leaves_nothing(
    directory_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    async with open_store(directory_settings) as store:
        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", full)
            with pytest.raises(StoreError, match="free some space"):
                await store.put(KEY, PICTURE, "image/png")
        assert [path for path in directory_settings.home.rglob("*") if path.is_file()] == []
        with pytest.raises(NotFound):
            await store.open(KEY)
        await store.put(KEY, PICTURE, "image/png")


async def test_a_place_that_is_no_directory_is_told(directory_settings: Settings) -> None:
    (directory_settings.home / "pictures").write_text("a file")
    with pytest.raises(StoreError, match="pictures cannot be opened"):
        async with open_store(directory_settings):
            pass


async def test_a_directory_that_goes_away_comes_back(directory_settings: Settings) -> None:
    async with open_store(directory_settings) as store:
        (directory_settings.home / "pictures" / ".incoming").rmdir()
        (directory_settings.home / "pictures").rmdir()
        await store.check()
        await store.put(KEY, PICTURE, "image/png")
        (directory_settings.home / "pictures" / ".incoming").rmdir()
        (directory_settings.home / "pictures" / ".incoming").write_text("in the way")
        with pytest.raises(StoreError, match="cannot be written to"):
            await store.check()


async def test_leftovers_are_not_listed_and_go_when_they_are_old(directory_settings: Settings) -> None:
    incoming = directory_settings.home / "pictures" / ".incoming"
    incoming.mkdir(parents=True)
    old, young = incoming / "old", incoming / "young"
    for leftover in (old, young):
        leftover.write_bytes(PICTURE)
    two_hours_ago = time.time() - 7200
    os.utime(old, (two_hours_ago, two_hours_ago))
    async with open_store(directory_settings) as store:
        assert [stored async for stored in store.list()] == []
    assert (old.exists(), young.exists()) == (False, True)


async def test_what_others_keep_there_is_not_listed(directory_settings: Settings) -> None:
    async with open_store(directory_settings) as store:
        await store.put(KEY, PICTURE, "image/png")
        pictures = directory_settings.home / "pictures"
        (pictures / "g" / "notes.txt").write_text("mine")
        (pictures / "g" / ".DS_Store").write_text("somebody's")
        assert [stored.key async for stored in store.list()] == [KEY]


async def test_a_long_listing_comes_in_pieces(directory_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directory, "_LISTED_AT_ONCE", 3)
    async with open_store(directory_settings) as store:
        wanted = [f"g{n}/0-a.png" for n in range(8)]
        await asyncio.gather(*(store.put(key, PICTURE, "image/png") for key in wanted))
        assert sorted([stored.key async for stored in store.list()]) == wanted
        async for stored in store.list():  # and may be left early
            assert stored.key in wanted
            break


async def test_a_reader_keeps_what_it_has_opened(directory_settings: Settings) -> None:
    async with open_store(directory_settings) as store:
        await store.put(KEY, PICTURE, "image/png")
        async with await store.open(KEY) as stored:
            await store.delete(KEY)
            assert b"".join([chunk async for chunk in stored.chunks]) == PICTURE
    assert not (directory_settings.home / "pictures" / "g").exists()


def test_a_directory_does_not_load_the_client_of_s3() -> None:
    check = "import pipeline.stores, sys; sys.exit('botocore' in sys.modules or 'aiobotocore' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
