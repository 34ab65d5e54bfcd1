"""What the server shows, as models: they describe and check; the hot path writes the same as dicts."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Shown(BaseModel):
    """A document of ours, or a part of one. What stands below a field is its description in the API's documents."""

    model_config = ConfigDict(use_attribute_docstrings=True)


Count = Annotated[int, Field(ge=0)]
Percent = Annotated[int, Field(ge=0, le=100)]
Version = Annotated[int, Field(ge=1)]
