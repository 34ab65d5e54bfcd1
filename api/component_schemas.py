"""The wire's models as JSON Schemas, the way OpenAPI and AsyncAPI keep them: under #/components/schemas.

What pydantic makes of our models keeps to what JSON Schema's Draft 7 and 2020-12 have in common, so both read it.
"""

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema
from pydantic_core import core_schema

WHERE = "#/components/schemas/{model}"


class _ForReaders(GenerateJsonSchema):
    """Without titles that only repeat a field's name, and without the default that means "left out"."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> dict[str, Any]:
        made = super().default_schema(schema)
        if made.get("default", ...) is None:
            del made["default"]
        return made


def component_schemas(models: Iterable[type[BaseModel]]) -> dict[str, Any]:
    """The schemas of `models` and of all that they hold, by name."""
    # Sorted, so that the document is the same in every process.
    asked: list[tuple[type[BaseModel], JsonSchemaMode]] = [
        (model, "validation") for model in sorted(models, key=lambda model: model.__name__)
    ]
    _, made = models_json_schema(asked, ref_template=WHERE, schema_generator=_ForReaders)
    schemas: dict[str, Any] = made["$defs"]
    _part_references(schemas)
    return schemas


def reference(model: type[BaseModel]) -> dict[str, str]:
    """A reference to a model's schema."""
    return {"$ref": WHERE.format(model=model.__name__)}


def _part_references(node: Any) -> None:
    """Move each $ref that has neighbours into an allOf: Draft 7 overlooks what stands beside a $ref."""
    children = node if isinstance(node, list) else node.values() if isinstance(node, dict) else ()
    for child in children:
        _part_references(child)
    if isinstance(node, dict) and isinstance(node.get("$ref"), str) and len(node) > 1:
        node["allOf"] = [{"$ref": node.pop("$ref")}]
