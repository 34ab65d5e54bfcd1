"""`darkroom submit`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.asked import Asked, JsonOption, KeyOption, UrlOption
from api.cli.exit_codes import ExitCode
from api.cli.run import run

if TYPE_CHECKING:
    from api.client import Client


def submit(
    context: typer.Context,
    prompt: Annotated[str, typer.Argument(metavar="PROMPT", help="What the picture shows.")],
    model: Annotated[str | None, typer.Option(metavar="OWNER/NAME[:VERSION]", help="Model to use.")] = None,
    width: Annotated[int | None, typer.Option(help="Pixels.")] = None,
    height: Annotated[int | None, typer.Option(help="Pixels.")] = None,
    aspect_ratio: Annotated[str | None, typer.Option(metavar="W:H", help="Such as 16:9, instead of pixels.")] = None,
    steps: Annotated[int | None, typer.Option(help="Inference steps.")] = None,
    guidance: Annotated[float | None, typer.Option(help="Guidance scale.")] = None,
    seed: Annotated[int | None, typer.Option(help="Same seed, same picture.")] = None,
    negative: Annotated[str | None, typer.Option(help="What the picture must not show.")] = None,
    style: Annotated[str | None, typer.Option(help="One of the model's styles.")] = None,
    image: Annotated[str | None, typer.Option(metavar="URL", help="Picture to start from.")] = None,
    strength: Annotated[float | None, typer.Option(help="How far to go from it, 0 to 1.")] = None,
    num_outputs: Annotated[int | None, typer.Option(help="How many pictures.")] = None,
    priority: Annotated[int | None, typer.Option(help="Higher goes first.")] = None,
    webhook: Annotated[str | None, typer.Option(metavar="URL", help="Where to tell of its end.")] = None,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Show each stage live.")] = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Save the picture here (more of them to FILE-2 …); implies --watch."),
    ] = None,
    json: JsonOption = False,
    url: UrlOption = None,
    key: KeyOption = None,
) -> None:
    """Ask for a picture.

    Limits are the model's, which `darkroom models --json` lists: the server answers with the field and its limit. With
    --watch and --json, prints one JSON line per transition; the last one comes when the files are saved.
    """
    if out is not None and not out.parent.is_dir():
        # Found out before the picture is paid for.
        raise typer.BadParameter(f"there is no folder {out.parent}", param_hint="--out")
    given = {
        "prompt": prompt,
        "model_id": model,
        "width": width,
        "height": height,
        "aspect_ratio": aspect_ratio,
        "num_inference_steps": steps,
        "guidance_scale": guidance,
        "seed": seed,
        "negative_prompt": negative,
        "style": style,
        "source_image_url": image,
        "strength": strength,
        "num_outputs": num_outputs,
        "priority": priority,
        "webhook_url": webhook,
    }
    asked = Asked.of(context, url, key, json)

    async def work(client: "Client") -> ExitCode:
        generation = await client.submit({name: value for name, value in given.items() if value is not None})
        if watch or out is not None:
            from api.cli.follow import follow

            return await follow(client, generation["id"], json=asked.json, out=out)
        if asked.json:
            from api.cli.document import print_document

            print_document(generation)
        else:
            print(generation["id"])
            typer.echo(f"Watch it develop: darkroom watch {generation['id']}", err=True)
        return ExitCode.COMPLETED

    run(asked, work)
