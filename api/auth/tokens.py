"""Tokens: the JWTs of Supabase's sign-in, verified and read as identities."""

from typing import Annotated, Any, Literal

import jwt
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from api.auth.identity import Identity
from api.auth.signing_keys import ALGORITHMS, SigningKeys
from api.problems import Problem, field_errors
from pipeline.settings import Settings

LEEWAY_SECONDS = 10.0
"""How far the clock that made a token may be from ours."""
AUDIENCE = "authenticated"
SECRET_ALGORITHM = "HS256"
SERVICE = "service_role"
EXPIRED = "exp: this token has expired; get a fresh one and send that"


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("must be printable")
    return text


class Claims(BaseModel):
    """What a token says that we go by. Source: https://supabase.com/docs/guides/auth/jwt-fields."""

    model_config = ConfigDict(strict=True, hide_input_in_errors=True)

    exp: Annotated[float, Field(allow_inf_nan=False)]
    sub: Annotated[str, Field(min_length=1, max_length=255), AfterValidator(_printable)] | None = None
    role: Literal["authenticated", "service_role", "anon"] = "authenticated"
    aud: str | list[str] | None = None


class Tokens:
    """Verifies tokens by the project's secret (HS256) or by its public keys (RS256, ES256, EdDSA), whichever it has.

    Which of them is asked is decided by us: a token's `alg` only has to agree with the key.
    """

    def __init__(self, settings: Settings) -> None:
        secret = settings.supabase_jwt_secret
        self._secret = secret.get_secret_value() if secret else None
        self._keys = SigningKeys(settings.supabase_jwks_url) if settings.supabase_jwks_url else None

    async def identify(self, token: str) -> Identity:
        """Whose token this is. Raises Problem("unauthorized"), or "unavailable" when there is no key to check it by."""
        try:
            key = await self._key(jwt.get_unverified_header(token))
            claims = jwt.decode(
                token,
                key,
                # One each: no list from which a token could choose what its key is taken for.
                algorithms=[key.algorithm_name if isinstance(key, jwt.PyJWK) else SECRET_ALGORITHM],
                leeway=LEEWAY_SECONDS,
                options={
                    "require": ["exp"],
                    "verify_aud": False,  # may be absent, which this option does not know
                    "verify_iat": False,  # when it was made says nothing about whether it holds
                    "enforce_minimum_key_length": True,
                },
            )
        except jwt.ExpiredSignatureError:
            raise _refused(EXPIRED) from None
        except jwt.ImmatureSignatureError:
            raise _refused("nbf: this token does not hold yet") from None
        except jwt.MissingRequiredClaimError:
            raise _refused("exp: a token has to say when it expires") from None
        except jwt.PyJWTError:
            raise _refused("this token cannot be read, or its signature is not one of this project's") from None
        return _identity(claims)

    async def close(self) -> None:
        """Stop reading keys."""
        if self._keys is not None:
            await self._keys.close()

    async def _key(self, header: dict[str, Any]) -> str | jwt.PyJWK:
        algorithm = header.get("alg")
        if algorithm == SECRET_ALGORITHM:
            if self._secret is None:
                raise _refused(f"alg: no {SECRET_ALGORITHM} token is let in here, SUPABASE_JWT_SECRET is not set")
            return self._secret
        if algorithm not in ALGORITHMS:
            raise _refused(f"alg: must be one of {', '.join((SECRET_ALGORITHM, *ALGORITHMS))}")
        if self._keys is None:
            raise _refused("alg: only HS256 tokens are let in here, SUPABASE_JWKS_URL is not set")
        kid = header.get("kid")
        key = await self._keys.find(kid) if kid else None
        if key is None:
            raise _refused("kid: this token names none of this project's keys; get a fresh one and send that")
        return key


def _identity(said: dict[str, Any]) -> Identity:
    try:
        claims = Claims.model_validate(said)
    except ValidationError as error:
        raise _refused("; ".join(f"{one.field}: {one.message}" for one in field_errors(error)[:5])) from None
    if claims.aud is not None and AUDIENCE not in ([claims.aud] if isinstance(claims.aud, str) else claims.aud):
        raise _refused(f"aud: must be {AUDIENCE}, or absent")
    expires_at = claims.exp + LEEWAY_SECONDS
    match claims.role:
        case "anon":
            return Identity(None, "anonymous", expires_at)
        case "service_role":
            return Identity(claims.sub or SERVICE, "service", expires_at)
        case "authenticated":
            if claims.sub is None:
                raise _refused("sub: a user's token has to name the user")
            return Identity(claims.sub, "user", expires_at)


def _refused(detail: str) -> Problem:
    return Problem("unauthorized", detail)
