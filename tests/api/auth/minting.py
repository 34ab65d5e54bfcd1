"""JWTs as a sign-in server makes them, and as attackers do."""

import base64
import json
import time
from typing import Any, NamedTuple

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import get_default_algorithms

SECRET = "a-secret-of-this-project-that-is-long-enough"
ALGORITHMS = ("RS256", "ES256", "EdDSA")


class KeyPair(NamedTuple):
    """A key of a sign-in server."""

    kid: str
    algorithm: str
    private: Any

    @property
    def public(self) -> dict[str, Any]:
        """Its public half, as it stands in a JWK set."""
        algorithm: Any = get_default_algorithms()[self.algorithm]
        jwk: dict[str, Any] = algorithm.to_jwk(self.private.public_key(), as_dict=True)
        # RSAAlgorithm and its like add key_ops; Supabase does so too.
        return {**jwk, "kid": self.kid, "alg": self.algorithm, "use": "sig"}

    def sign(self, **said: Any) -> str:
        """A token with these claims, signed by this key."""
        return jwt.encode(claims(**said), self.private, self.algorithm, headers={"kid": self.kid})


def key_pair(algorithm: str, kid: str = "1") -> KeyPair:
    """A fresh one."""
    private: Any
    match algorithm:
        case "RS256":
            private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        case "ES256":
            private = ec.generate_private_key(ec.SECP256R1())
        case _:
            private = ed25519.Ed25519PrivateKey.generate()
    return KeyPair(kid, algorithm, private)


def claims(**said: Any) -> dict[str, Any]:
    """What Supabase's sign-in says of a user, but for `said`; None leaves a claim out."""
    now = int(time.time())
    usual = {
        "iss": "https://project.supabase.co/auth/v1",
        "sub": "6c2c0f3e-0000-4000-8000-000000000001",
        "aud": "authenticated",
        "role": "authenticated",
        "exp": now + 3600,
        "iat": now,
        "email": "a@example.com",
        "app_metadata": {"provider": "email"},
        "user_metadata": {},
        "is_anonymous": False,
    }
    return {name: value for name, value in (usual | said).items() if value is not None}


def sign(secret: str = SECRET, **said: Any) -> str:
    """A token with these claims, signed by the project's secret."""
    return jwt.encode(claims(**said), secret, "HS256")


def raw(header: object, payload: object, signature: bytes = b"") -> str:
    """A token of any parts; text is taken as it is, other things as JSON."""
    parts = [(part if isinstance(part, str) else json.dumps(part)).encode() for part in (header, payload)]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in (*parts, signature))
