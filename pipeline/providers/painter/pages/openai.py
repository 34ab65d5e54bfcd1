"""The pages of the models that the painter knows of OpenAI's, https://platform.openai.com/docs/api-reference/images/create."""

from collections.abc import Mapping
from types import MappingProxyType

from pipeline.providers.painter.pages.inputs import Integer, Text, choice
from pipeline.providers.painter.pages.page import Page

OPENAI_PAGES: Mapping[str, Page] = MappingProxyType(
    {
        "gpt-image-2": Page(
            {
                "prompt": Text(),
                "n": Integer(1, 10),
                "size": choice("auto 1024x1024 1536x1024 1024x1536"),
                "quality": choice("auto low medium high"),
                "output_format": choice("png jpeg webp"),
                "output_compression": Integer(0, 100),
                "background": choice("transparent opaque auto"),
                "moderation": choice("low auto"),
                "user": Text(),
                "safety_identifier": Text(),
            }
        )
    }
)
"""By OpenAI's own names."""
