"""`models`: the catalogue of models as a table. Its rows are literals, made once, for they are read from files."""

import orjson

from api.models import model_list
from api.supabase.rest.tables.table import Table, plain

_TYPES = {
    "id": "text",
    "name": "text",
    "display_name": "text",
    "family": "text",
    "provider": "text",
    "output_format": "text",
    "default_width": "integer",
    "default_height": "integer",
    "default_steps": "integer",
    "default_guidance_scale": "double precision",
    "max_outputs": "integer",
    "supports_img2img": "boolean",
    "supports_negative_prompt": "boolean",
    "price_usd": "double precision",
    "price_per": "text",
    "estimated_time_seconds": "double precision",
    "is_active": "boolean",
}


def _rows() -> str:
    rows = []
    for model in model_list().items:
        defaults = {name: field.default for name, field in model.fields.items()}
        assert model.id is not None
        rows.append(
            {
                "id": model.id,
                "name": model.id,
                "display_name": model.id.rpartition("/")[2],
                "family": model.family,
                "provider": "replicate",
                "output_format": model.output.format,
                "default_width": defaults.get("width"),
                "default_height": defaults.get("height"),
                "default_steps": defaults.get("num_inference_steps"),
                "default_guidance_scale": defaults.get("guidance_scale"),
                "max_outputs": model.fields["num_outputs"].maximum,
                "supports_img2img": "source_image_url" in model.fields,
                "supports_negative_prompt": "negative_prompt" in model.fields,
                "price_usd": model.price,
                "price_per": model.price_per,
                "estimated_time_seconds": model.usual_seconds,
                "is_active": True,
            }
        )
    # A quote is doubled, and a colon escaped: SQLAlchemy takes `:name` for a parameter.
    literal = orjson.dumps(rows).decode().replace("'", "''").replace(":", "\\:")
    fields = ", ".join(f"{name} {kind}" for name, kind in _TYPES.items())
    return f"(SELECT * FROM jsonb_to_recordset(CAST('{literal}' AS jsonb)) AS m({fields}))"


MODELS = Table("models", _rows(), plain(**_TYPES))
