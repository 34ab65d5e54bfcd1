"""The environment of what is proven: this process's own, without anything that would change what comes of it."""

from pydantic import AliasChoices
from pydantic_settings import BaseSettings

from pipeline.embedded.procfile import CHECKOUT
from pipeline.settings import Settings
from pipeline.settings.inherited import inherited
from pipeline.settings.painter import PainterSettings


def surroundings(**ours: str) -> dict[str, str]:
    """The inherited variables but none that Darkroom or its painter reads, then `ours`.

    So a proof never orders at a provider that costs, nor fills somebody's bucket.
    """
    read = _names(Settings) | _names(PainterSettings)
    kept = {name: value for name, value in inherited().items() if name.upper() not in read}
    # The checkout that we run from, not the one that happens to be installed.
    return {**kept, "PYTHONPATH": str(CHECKOUT), **ours}


def _names(settings: type[BaseSettings]) -> set[str]:
    prefix = settings.model_config.get("env_prefix", "")
    names: set[str] = set()
    for field, about in settings.model_fields.items():
        alias = about.validation_alias
        spelled = alias.choices if isinstance(alias, AliasChoices) else [f"{prefix}{field}"]
        names |= {str(name).upper() for name in spelled}
    return names
