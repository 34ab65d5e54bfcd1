"""Which JWTs are let in, as whom, and which are not."""

import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from api.auth.identity import Identity
from api.auth.tokens import LEEWAY_SECONDS, Tokens
from api.problems import Problem
from pipeline.settings import Settings
from tests.api.auth.jwks_server import JwksServer
from tests.api.auth.minting import ALGORITHMS, SECRET, claims, key_pair, raw, sign

USER = "6c2c0f3e-0000-4000-8000-000000000001"


def tokens(secret: str | None = SECRET, url: str | None = None, **more: str) -> Tokens:
    given = {"supabase_jwt_secret": secret, "supabase_jwks_url": url, **more}
    return Tokens(Settings(_env_file=None, **given))  # type: ignore[arg-type]


async def outcome(door: Tokens, token: str) -> Identity | int:
    """Who is let in, or the status of the problem."""
    try:
        return await door.identify(token)
    except Problem as problem:
        status: int = problem.document["status"]
        return status


async def refusal(door: Tokens, token: str) -> str:
    """Why it is not let in."""
    with pytest.raises(Problem) as refused:
        await door.identify(token)
    assert refused.value.document["type"] == "/problems/unauthorized"
    assert token not in str(refused.value)
    return str(refused.value)


async def test_a_user_is_its_subject() -> None:
    exp = int(time.time()) + 60
    identity = await tokens().identify(sign(exp=exp))
    assert identity == Identity(USER, "user", exp + LEEWAY_SECONDS)
    assert identity.key_id is None


@pytest.mark.parametrize(
    ("said", "user_id", "role"),
    [
        ({"role": "authenticated"}, USER, "user"),
        ({"role": None}, USER, "user"),
        ({"aud": None}, USER, "user"),
        ({"aud": ["other", "authenticated"]}, USER, "user"),
        ({"role": "service_role", "sub": None, "aud": None}, "service_role", "service"),
        ({"role": "service_role"}, USER, "service"),
        ({"role": "anon", "sub": None, "aud": None}, None, "anonymous"),
        ({"role": "anon"}, None, "anonymous"),
    ],
)
async def test_the_roles(said: dict[str, Any], user_id: str | None, role: str) -> None:
    identity = await tokens().identify(sign(**said))
    assert (identity.user_id, identity.role) == (user_id, role)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        pytest.param({"exp": None}, "exp: a token has to say", id="no exp"),
        pytest.param({"exp": 1}, "exp: this token has expired", id="expired"),
        pytest.param({"exp": -1e300}, "exp: this token has expired", id="expired long ago"),
        pytest.param({"exp": "9999999999"}, "exp: Input should be a valid number", id="exp as text"),
        pytest.param({"exp": True}, "exp:", id="exp as a truth"),
        pytest.param({"exp": float("inf")}, "cannot be read", id="exp never"),
        pytest.param({"exp": float("nan")}, "cannot be read", id="exp no number"),
        pytest.param({"exp": [1]}, "cannot be read", id="exp as a list"),
        pytest.param({"nbf": 9999999999}, "nbf:", id="not yet"),
        pytest.param({"nbf": "soon"}, "cannot be read", id="nbf as text"),
        pytest.param({"aud": "anon"}, "aud: must be authenticated", id="other aud"),
        pytest.param({"aud": []}, "aud: must be authenticated", id="no aud in a list"),
        pytest.param({"aud": ""}, "aud: must be authenticated", id="empty aud"),
        pytest.param({"aud": 5}, "aud", id="aud as a number"),
        pytest.param({"role": "postgres"}, "role: Input should be", id="other role"),
        pytest.param({"role": ""}, "role: Input should be", id="empty role"),
        pytest.param({"sub": None}, "sub: a user's token", id="no sub"),
        pytest.param({"sub": ""}, "sub:", id="empty sub"),
        pytest.param({"sub": "x" * 256}, "sub:", id="long sub"),
        pytest.param({"sub": "a\x00b"}, "sub: must be 1 to 255 printable", id="NUL in sub"),
        pytest.param({"sub": "+"}, "sub: must not be * or +", id="all users together as sub"),
        pytest.param({"sub": "*"}, "sub: must not be * or +", id="every user as sub"),
        pytest.param({"sub": "*", "role": "service_role"}, "sub: must not be", id="every user as a service's sub"),
        pytest.param({"sub": "a\ud800"}, "sub:", id="half a surrogate pair in sub"),
    ],
)
async def test_claims_that_are_refused(said: dict[str, Any], words: str) -> None:
    assert words in await refusal(tokens(), sign(**said))


ISSUER = "https://project.supabase.co/auth/v1"
CHECKED = {"supabase_jwt_issuer": ISSUER, "supabase_jwt_audience": "our-app"}


@pytest.mark.parametrize(
    ("said", "words"),
    [
        pytest.param({"iss": "https://other.supabase.co/auth/v1"}, "iss: must be what", id="another project"),
        pytest.param({"iss": f"{ISSUER}/"}, "iss: must be what", id="nearly the same issuer"),
        pytest.param({"iss": None}, "iss: must be what", id="no issuer"),
        pytest.param({"aud": "authenticated"}, "aud: must be what", id="another audience"),
        pytest.param({"aud": None}, "aud: must be what", id="no audience"),
        pytest.param({"aud": ["a", "our-app2"]}, "aud: must be what", id="other audiences"),
        pytest.param({"aud": None, "role": "service_role"}, "aud: must be what", id="a service without an audience"),
    ],
)
async def test_an_issuer_and_an_audience_that_are_set_are_checked(said: dict[str, Any], words: str) -> None:
    door = tokens(**CHECKED)
    assert (await door.identify(sign(iss=ISSUER, aud="our-app"))).user_id == USER
    assert (await door.identify(sign(iss=ISSUER, aud=["x", "our-app"]))).user_id == USER
    assert words in await refusal(door, sign(**({"iss": ISSUER, "aud": "our-app"} | said)))


@pytest.mark.parametrize("exp", [10**18, 10**400, 1e308])
async def test_an_end_too_far_to_reckon_with_is_no_accident(exp: float) -> None:
    found = await outcome(tokens(), sign(exp=exp))
    assert found == 401 or (isinstance(found, Identity) and found.expires_at is not None)


async def test_clocks_may_differ_a_little() -> None:
    now = time.time()
    late, early = int(now - LEEWAY_SECONDS + 5), int(now + LEEWAY_SECONDS - 5)
    assert await tokens().identify(sign(exp=late, nbf=early, iat=early + 3600))
    await refusal(tokens(), sign(exp=int(now - LEEWAY_SECONDS - 1)))
    await refusal(tokens(), sign(nbf=int(now + LEEWAY_SECONDS + 5)))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
async def test_public_keys(jwks: JwksServer, algorithm: str) -> None:
    pair, strange = key_pair(algorithm), key_pair(algorithm)
    jwks.publish(pair)
    door = tokens(secret=None, url=jwks.url)
    assert (await door.identify(pair.sign(sub="ada"))).user_id == "ada"
    assert "signature" in await refusal(door, strange.sign(sub="ada"))
    assert "SUPABASE_JWT_SECRET" in await refusal(door, sign())
    assert jwks.reads == 1


async def test_secret_and_public_keys_side_by_side(jwks: JwksServer) -> None:
    pair = key_pair("ES256")
    jwks.publish(pair)
    door = tokens(url=jwks.url)
    assert (await door.identify(pair.sign())).user_id == (await door.identify(sign())).user_id == USER
    assert "SUPABASE_JWKS_URL" in await refusal(tokens(), pair.sign())


@pytest.mark.parametrize(
    "algorithm", ["none", "None", "NONE", "", "HS384", "HS512", "RS512", "PS256", None, 5, ["HS256"]]
)
async def test_other_algorithms_are_refused(algorithm: object) -> None:
    header = {"typ": "JWT", "alg": algorithm, "kid": "1"}
    for signature in (b"", b"x" * 32):
        assert "alg: must be one of" in await refusal(tokens(), raw(header, claims(), signature))


async def test_a_public_key_is_no_secret(jwks: JwksServer) -> None:
    """Algorithm confusion: signed with HS256 by what everybody can read."""
    pair = key_pair("RS256")
    jwks.publish(pair)
    pem = pair.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for door in (tokens(url=jwks.url), tokens(secret=None, url=jwks.url)):
        for secret in (pem, str(pair.public["n"]).encode()):
            header = {"typ": "JWT", "alg": "HS256", "kid": "1"}
            unsigned = raw(header, claims()).rpartition(".")[0]
            algorithm = jwt.get_algorithm_by_name("HS256")
            signature = algorithm.sign(unsigned.encode(), secret)  # what jwt.encode refuses to do
            await refusal(door, raw(header, claims(), signature))


async def test_a_key_serves_its_own_algorithm_only(jwks: JwksServer) -> None:
    rsa, curve = key_pair("RS256", "rsa"), key_pair("ES256", "curve")
    jwks.publish(rsa, curve)
    door = tokens(url=jwks.url)
    crossed = jwt.encode(claims(), rsa.private, "RS256", headers={"kid": "curve"})
    await refusal(door, crossed)
    stronger = jwt.encode(claims(), rsa.private, "RS512", headers={"kid": "rsa"})
    assert "alg: must be one of" in await refusal(door, stronger)


async def test_what_is_changed_after_signing_is_refused() -> None:
    header, payload, signature = sign().split(".")
    _, other, _ = sign(secret="another secret that is long enough too", sub="eve").split(".")
    for token in (f"{header}.{other}.{signature}", f"{header}.{payload}.", f"{header}.{payload}.{signature[:-4]}"):
        assert "cannot be read" in await refusal(tokens(), token)


@pytest.mark.parametrize(
    "token",
    [
        "..",
        "a.b.c",
        "é.é.é",
        raw("[" * 1_400, "{}"),
        raw({"alg": "HS256"}, "[" * 1_400, b"x"),
        raw([], {}),
        raw({}, []),
        raw({"alg": "HS256", "kid": 5}, claims()),
        raw({"alg": "HS256", "crit": ["exp"]}, claims()),
        raw({"alg": "HS256", "b64": False}, claims()),
        raw('{"alg": "HS256"', claims()),
    ],
)
async def test_nonsense_is_refused(token: str) -> None:
    await refusal(tokens(), token)


ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=9),
    st.just([]),
    st.just(["x", 1]),
    st.just({}),
)


# Without a deadline: a machine that is busy with other things finds no fault.
@examples(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    said=st.dictionaries(st.sampled_from(["exp", "nbf", "iat", "sub", "aud", "role", "jti", "iss"]), ANYTHING),
    header=st.dictionaries(st.sampled_from(["alg", "kid", "typ", "crit", "b64", "jwk", "jku"]), ANYTHING),
)
async def test_whatever_a_token_says_it_is_let_in_or_refused(said: dict[str, Any], header: dict[str, Any]) -> None:
    header = {"alg": "HS256", **header}
    unsigned = raw(header, claims() | said).rpartition(".")[0]
    signature = jwt.get_algorithm_by_name("HS256").sign(unsigned.encode(), SECRET.encode())
    found = await outcome(tokens(), raw(header, claims() | said, signature))
    assert found == 401 or (isinstance(found, Identity) and (found.user_id is None) == (found.role == "anonymous"))
