"""The pages of the models that the painter knows. A model without one is taken at its word, as `size.py` reads it.

Written down from https://replicate.com/<owner>/<name>/api, late in 2025, and from what the old system is known to have
called them with, where that goes further. Darkroom's own catalogue is not asked: the two are held against each other.
"""

from collections.abc import Mapping
from types import MappingProxyType

from pipeline.providers.painter.pages.inputs import Flag, Input, Integer, Number, Picture, Pictures, Text, choice
from pipeline.providers.painter.pages.page import Page

_FORMATS = choice("webp jpg png")
_SHARE = Number(0, 1)
_SEED_31 = Integer(0, 2**31 - 1)
_COMPRESSED: Mapping[str, Input] = {"output_format": _FORMATS, "output_quality": Integer(0, 100)}
_UNCHECKED: Mapping[str, Input] = {"disable_safety_checker": Flag()}

_FLUX_RATIOS = choice("1:1 16:9 21:9 3:2 2:3 4:5 5:4 3:4 4:3 9:16 9:21")
_FLUX: Mapping[str, Input] = {
    "prompt": Text(),
    "aspect_ratio": _FLUX_RATIOS,
    "num_outputs": Integer(1, 4),
    "seed": Integer(),
    "go_fast": Flag(),
    "megapixels": choice("1 0.25"),
    **_COMPRESSED,
    **_UNCHECKED,
}
_FLUX_DEV = Page(
    {
        **_FLUX,
        "width": Integer(256, 1440),
        "height": Integer(256, 1440),
        "image": Picture(),
        "prompt_strength": _SHARE,
        "num_inference_steps": Integer(1, 50),
        "guidance": Number(0, 10),
        "guidance_scale": Number(0, 10),
    }
)

_RECRAFT_SIZES = choice(
    "1024x1024 1365x1024 1024x1365 1536x1024 1024x1536 1820x1024 1024x1820 1024x2048 2048x1024 1434x1024 1024x1434 "
    "1024x1280 1280x1024 1024x1707 1707x1024"
)
_RECRAFT_STYLES = choice(
    "any realistic_image digital_illustration digital_illustration/pixel_art digital_illustration/hand_drawn "
    "digital_illustration/grain digital_illustration/infantile_sketch digital_illustration/2d_art_poster "
    "digital_illustration/handmade_3d digital_illustration/hand_drawn_outline digital_illustration/engraving_color "
    "digital_illustration/2d_art_poster_2 realistic_image/b_and_w realistic_image/hard_flash realistic_image/hdr "
    "realistic_image/natural_light realistic_image/studio_portrait realistic_image/enterprise "
    "realistic_image/motion_blur"
)
_SD35 = Page(
    {
        "prompt": Text(),
        "negative_prompt": Text(),
        "aspect_ratio": choice("1:1 16:9 21:9 3:2 2:3 4:5 5:4 9:16 9:21"),
        "cfg": Number(1, 10),
        "steps": Integer(1, 50),
        "image": Picture(),
        "prompt_strength": _SHARE,
        "seed": Integer(),
        **_COMPRESSED,
    },
    single=True,
)

PAGES: Mapping[str, Page] = MappingProxyType(
    {
        "black-forest-labs/flux-schnell": Page({**_FLUX, "num_inference_steps": Integer(1, 4)}),
        "black-forest-labs/flux-dev": _FLUX_DEV,
        "black-forest-labs/flux-krea-dev": _FLUX_DEV,
        "black-forest-labs/flux-1.1-pro": Page(
            {
                "prompt": Text(),
                "image_prompt": Picture(),
                "aspect_ratio": choice("custom 1:1 16:9 3:2 2:3 4:5 5:4 9:16 3:4 4:3"),
                "width": Integer(256, 1440),
                "height": Integer(256, 1440),
                "safety_tolerance": Integer(1, 6),
                "prompt_upsampling": Flag(),
                "seed": Integer(),
                **_COMPRESSED,
            },
            single=True,
        ),
        "ideogram-ai/ideogram-v3-turbo": Page(
            {
                "prompt": Text(),
                "aspect_ratio": choice("1:3 3:1 1:2 2:1 9:16 16:9 10:16 16:10 2:3 3:2 3:4 4:3 4:5 5:4 1:1"),
                "style_type": choice("None Auto General Realistic Design"),
                "magic_prompt_option": choice("Auto On Off"),
                "resolution": Text(),
                "style_preset": Text(),
                "style_reference_images": Pictures(3),
                "image": Picture(),
                "mask": Picture(),
                "seed": _SEED_31,
            },
            single=True,
            ending="png",
        ),
        "google/imagen-4-fast": Page(
            {
                "prompt": Text(),
                "aspect_ratio": choice("1:1 9:16 16:9 3:4 4:3"),
                "safety_filter_level": choice("block_low_and_above block_medium_and_above block_only_high"),
                "output_format": choice("jpg png"),
            },
            single=True,
            ending="jpg",
        ),
        "bytedance/sdxl-lightning-4step": Page(
            {
                "prompt": Text(),
                "negative_prompt": Text(),
                "width": Integer(256, 1280),
                "height": Integer(256, 1280),
                "num_outputs": Integer(1, 4),
                "scheduler": choice("DDIM DPMSolverMultistep HeunDiscrete KarrasDPM K_EULER_ANCESTRAL K_EULER PNDM"),
                "num_inference_steps": Integer(1, 10),
                "guidance_scale": Number(0, 50),
                "image": Picture(),
                "strength": _SHARE,
                "seed": Integer(),
                **_COMPRESSED,
                **_UNCHECKED,
            },
            ending="png",
        ),
        "stability-ai/sdxl": Page(
            {
                "prompt": Text(),
                "negative_prompt": Text(),
                "image": Picture(),
                "mask": Picture(),
                "width": Integer(),
                "height": Integer(),
                "num_outputs": Integer(1, 4),
                "scheduler": choice("DDIM DPMSolverMultistep HeunDiscrete KarrasDPM K_EULER_ANCESTRAL K_EULER PNDM"),
                "num_inference_steps": Integer(1, 500),
                "guidance_scale": Number(1, 50),
                "prompt_strength": _SHARE,
                "seed": Integer(),
                "refine": choice("no_refiner expert_ensemble_refiner base_image_refiner"),
                "high_noise_frac": _SHARE,
                "refine_steps": Integer(1, 500),
                "apply_watermark": Flag(),
                "lora_scale": _SHARE,
                "replicate_weights": Text(),
                **_UNCHECKED,
            },
            required=frozenset(),
            ending="png",
        ),
        "bytedance/seedream-4": Page(
            {
                "prompt": Text(),
                "image_input": Pictures(10),
                "size": choice("1K 2K 4K custom"),
                "aspect_ratio": choice("match_input_image 1:1 4:3 3:4 16:9 9:16 3:2 2:3 21:9"),
                "width": Integer(1024, 4096),
                "height": Integer(1024, 4096),
                "sequential_image_generation": choice("disabled auto"),
                "max_images": Integer(1, 15),
                "enhance_prompt": Flag(),
            },
            ending="jpg",
        ),
        "bytedance/seedream-3": Page(
            {
                "prompt": Text(),
                "aspect_ratio": choice("1:1 3:4 4:3 16:9 9:16 2:3 3:2 21:9 custom"),
                "size": choice("small regular big"),
                "width": Integer(512, 2048),
                "height": Integer(512, 2048),
                "guidance_scale": Number(1, 10),
                "seed": _SEED_31,
            },
            single=True,
            ending="jpg",
        ),
        "recraft-ai/recraft-v3-svg": Page(
            {
                "prompt": Text(),
                "size": _RECRAFT_SIZES,
                "aspect_ratio": Text(),
                "style": choice("any engraving line_art line_circuit linocut vector_illustration"),
            },
            single=True,
            ending="svg",
        ),
        "recraft-ai/recraft-v3": Page(
            {"prompt": Text(), "size": _RECRAFT_SIZES, "aspect_ratio": Text(), "style": _RECRAFT_STYLES},
            single=True,
        ),
        "stability-ai/stable-diffusion-3.5-large": _SD35,
        "stability-ai/stable-diffusion-3.5-medium": _SD35,
        "qwen/qwen-image": Page(
            {
                "prompt": Text(),
                "negative_prompt": Text(),
                "image": Picture(),
                "strength": _SHARE,
                "aspect_ratio": choice("1:1 16:9 9:16 4:3 3:4 3:2 2:3"),
                "image_size": choice("optimize_for_quality optimize_for_speed"),
                "num_inference_steps": Integer(1, 50),
                "guidance": Number(0, 10),
                "go_fast": Flag(),
                "enhance_prompt": Flag(),
                "lora_weights": Text(),
                "lora_scale": Number(0, 4),
                "replicate_weights": Text(),
                "seed": Integer(),
                **_COMPRESSED,
                **_UNCHECKED,
            }
        ),
    }
)
