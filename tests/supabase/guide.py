"""The guide's Step 6 in supabase-py: submit, then follow, or ask every two seconds, until the picture is there.

Run by the interpreter of `.venv-supabase` as `python guide.py NAME JSON`, with the arguments of guide.mjs.
"""

import asyncio
import json
import sys
from typing import Any

from supabase import acreate_client


def say(what: Any) -> None:
    """A line of JSON."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


async def submit(supabase: Any, given: dict[str, Any]) -> str:
    """Enqueue, unless there is one already; the generation's id."""
    if known := given.get("generation_id"):
        return str(known)
    body = {"prompt": given["prompt"], "model_id": given["model_id"]}
    answer = json.loads(await supabase.functions.invoke("start-generation", invoke_options={"body": body}))
    say({"submitted": answer["generation_id"], "answer": answer})
    return str(answer["generation_id"])


async def poll(supabase: Any, generation_id: str) -> None:
    """Every two seconds, as 6.1 does."""
    generations = supabase.table("image_generations")
    while True:
        await asyncio.sleep(2)
        generation = (await generations.select("*, images(*)").eq("id", generation_id).single().execute()).data
        if generation["status"] == "completed":
            say({"shown": generation["images"][0]["public_url"], "generation": generation})
            return


async def subscribe(supabase: Any, generation_id: str) -> None:
    """As 6.2 does."""
    shown = asyncio.Event()
    tasks = set()

    async def show() -> None:
        answer = await supabase.table("images").select("*").eq("generation_id", generation_id).single().execute()
        say({"shown": answer.data["public_url"], "image": answer.data})
        shown.set()

    def on_change(payload: dict[str, Any]) -> None:
        generation = payload["data"]["record"]
        say({"status": generation["status"], "payload": {"new": generation}})
        if generation["status"] == "completed":
            tasks.add(asyncio.create_task(show()))

    channel = supabase.channel(f"generation:{generation_id}")
    channel.on_postgres_changes(
        "UPDATE", schema="public", table="image_generations", filter=f"id=eq.{generation_id}", callback=on_change
    )
    await channel.subscribe(lambda status, _: say({"subscription": str(status.value)}))
    await shown.wait()


async def main(given: dict[str, Any]) -> None:
    """Run one part."""
    supabase = await acreate_client(given["url"], given["key"])
    if token := given.get("token"):
        await supabase.realtime.set_auth(token)
        supabase.options.headers["Authorization"] = f"Bearer {token}"
    generation_id = await submit(supabase, given)
    await {"poll": poll, "subscribe": subscribe}[given["part"]](supabase, generation_id)


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[2])))
