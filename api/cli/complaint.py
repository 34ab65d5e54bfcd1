"""Errors on stderr: sentences for people, one JSON document under --json."""

import json as json_module
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import ValidationError

    from api.client import Problem

OPTIONS = {
    "prompt": "PROMPT",
    "model_id": "--model",
    "width": "--width",
    "height": "--height",
    "aspect_ratio": "--aspect-ratio",
    "num_inference_steps": "--steps",
    "guidance_scale": "--guidance",
    "seed": "--seed",
    "negative_prompt": "--negative",
    "style": "--style",
    "source_image_url": "--image",
    "strength": "--strength",
    "num_outputs": "--num-outputs",
    "priority": "--priority",
    "webhook_url": "--webhook",
    "status": "--status",
    "limit": "--limit",
}
"""The server's name for a field, and what sets it here."""


def complain(message: str, *, json: bool) -> None:
    """Say what went wrong."""
    _print({"title": message} if json else f"darkroom: {message}")


def complain_of_problem(problem: "Problem", *, json: bool) -> None:
    """Say why the server refused, and which option breaks which limit."""
    if json:
        _print(problem.document())
        return
    # The detail only repeats the fields, where there are any.
    _print(f"darkroom: {problem.title if problem.errors else problem}")
    for field, message in problem.errors:
        option = OPTIONS.get(field)
        _print(f"  {field}{f' ({option})' if option else ''}: {message}")
    if problem.status == 401:
        _print("  Is the key right? It comes from --key, DARKROOM_API_KEY or $DARKROOM_HOME/api-key.")


def complain_of_settings(error: "ValidationError", *, json: bool) -> None:
    """Say which setting in the environment or in `.env` cannot be read."""
    wrong = [(".".join(map(str, each["loc"])).upper(), each["msg"]) for each in error.errors()]
    complain("; ".join(f"{name}: {message}" for name, message in wrong), json=json)


def _print(said: str | dict[str, Any]) -> None:
    print(said if isinstance(said, str) else json_module.dumps(said, ensure_ascii=False), file=sys.stderr)
