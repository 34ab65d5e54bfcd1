"""`rpc/get_user_limits`: what the asker may have and spend, and what of it is used."""

from typing import Any

from pydantic import BaseModel, ConfigDict

from api.auth.identity import Identity
from api.state import State
from api.supabase.rest.refusals import Refusal
from pipeline.limits import read_user_limits


class Whose(BaseModel):
    """What the function takes: a user, by either of the names that apps give it; the asker when none is named."""

    model_config = ConfigDict(strict=True, extra="forbid")

    p_user_id: str | None = None
    user_id: str | None = None


async def get_user_limits(state: State, identity: Identity, whose: Whose) -> dict[str, Any]:
    """The limits as one object; null is no limit. Raises Refusal for somebody else's."""
    named = whose.p_user_id or whose.user_id or identity.user_id or ""
    if named != (identity.user_id or "") and not identity.sees_all:
        raise Refusal(403, "42501", "permission denied: these are another user's limits")
    return await read_user_limits(state.engine, named)
