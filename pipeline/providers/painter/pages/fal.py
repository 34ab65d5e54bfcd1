"""The pages of those of fal's models that the painter knows, https://fal.ai/models/<id>/api, late in 2026."""

from collections.abc import Mapping
from types import MappingProxyType

from pipeline.providers.painter.pages.inputs import Choice, Flag, Input, Integer, Number, Size, Text, choice
from pipeline.providers.painter.pages.page import Page

_NAMED = choice("square_hd square portrait_4_3 portrait_16_9 landscape_4_3 landscape_16_9")
_FORMATS = choice("jpeg png")
_COMMON: Mapping[str, Input] = {
    "prompt": Text(),
    "image_size": Size(_NAMED),
    "seed": Integer(),
    "sync_mode": Flag(),
    "num_images": Integer(1, 4),
    "enable_safety_checker": Flag(),
    "output_format": _FORMATS,
}
_ACCELERATION: Mapping[str, Input] = {"acceleration": choice("none regular high")}
_FLUX: Mapping[str, Input] = {**_COMMON, **_ACCELERATION, "guidance_scale": Number(1, 20)}
_SD35 = Page(
    {
        **_COMMON,
        "negative_prompt": Text(),
        "num_inference_steps": Integer(1, 50),
        "guidance_scale": Number(0, 20),
    }
)
FAL_PAGES: Mapping[str, Page] = MappingProxyType(
    {
        "fal-ai/flux/schnell": Page({**_FLUX, "num_inference_steps": Integer(1, 12)}),
        "fal-ai/flux/dev": Page({**_FLUX, "num_inference_steps": Integer(1, 50)}),
        "fal-ai/flux/krea": Page({**_FLUX, "num_inference_steps": Integer(1, 50)}),
        "fal-ai/flux-pro/v1.1": Page(
            {**_COMMON, "safety_tolerance": choice("1 2 3 4 5 6"), "enhance_prompt": Flag()},
        ),
        "fal-ai/fast-sdxl": Page(
            {
                **{name: kind for name, kind in _COMMON.items() if name != "output_format"},
                "format": _FORMATS,
                "negative_prompt": Text(),
                "num_images": Integer(1, 8),
                "num_inference_steps": Integer(1, 50),
                "guidance_scale": Number(0, 20),
                "expand_prompt": Flag(),
            }
        ),
        "fal-ai/qwen-image": Page(
            {
                **_COMMON,
                **_ACCELERATION,
                "negative_prompt": Text(),
                "num_inference_steps": Integer(2, 250),
                "guidance_scale": Number(0, 20),
            }
        ),
        "fal-ai/stable-diffusion-v35-large": _SD35,
        "fal-ai/stable-diffusion-v35-medium": _SD35,
        "openai/gpt-image-2": Page(
            {
                "prompt": Text(),
                "image_size": Size(Choice((*_NAMED.words, "auto")), multiple_of=16, highest=3840),
                "quality": choice("auto low medium high"),
                "num_images": Integer(1, 4),
                "output_format": choice("jpeg png webp"),
                "sync_mode": Flag(),
            }
        ),
    }
)
"""By fal's own names."""
