"""Every setting Darkroom reads, with its default and its unit. Nothing else reads the environment."""

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AliasChoices, BeforeValidator, Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from yarl import URL

from pipeline.settings.network import NOT_PUBLIC, Network, networks, read_networks
from pipeline.settings.origin import read_origins

REPLICATE_API_URL = "https://api.replicate.com"
FAL_API_URL = "https://queue.fal.run"
FAL_JWKS_URL = "https://rest.fal.ai/.well-known/jwks.json"
OPENAI_BASE_URL = "https://api.openai.com/v1"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
SHORTEST_JWT_SECRET = 32
"""Bytes. A shorter one can be guessed from any token that it has signed. Source: RFC 7518, section 3.2."""


def _env(name: str) -> AliasChoices:
    return AliasChoices(name, name.lower())


class Settings(BaseSettings):
    """Darkroom's settings: the environment first, then `.env`, then these defaults."""

    model_config = SettingsConfigDict(
        # Without the prefix populate_by_name would take `home` from HOME, `url` from URL, `api_key` from API_KEY.
        env_prefix="DARKROOM_",
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        populate_by_name=True,
        # What cannot be read may be a secret; an error that nobody catches would print it.
        hide_input_in_errors=True,
    )

    database_url: str | None = Field(
        None, validation_alias=_env("DATABASE_URL"), description="Postgres 15 or newer; embedded when empty"
    )
    migration_database_url: str | None = Field(
        None,
        validation_alias=_env("MIGRATION_DATABASE_URL"),
        description="Postgres as the tables' owner, for release alone; DATABASE_URL when empty",
    )
    reader_role: str | None = Field(
        None,
        validation_alias=_env("DARKROOM_READER_ROLE"),
        description="Role that reads for /rest/v1; darkroom_reader_ and the database's oid when empty",
    )
    listen_database_url: str | None = Field(
        None,
        validation_alias=_env("LISTEN_DATABASE_URL"),
        description="Direct Postgres address for LISTEN when DATABASE_URL is a transaction pooler",
    )
    redis_url: str | None = Field(
        None, validation_alias=_env("REDIS_URL"), description="Redis 6.2 or Valkey; embedded when empty"
    )
    port: Annotated[int, Field(ge=1, le=65535)] = Field(
        8000, validation_alias=_env("PORT"), description="The web process's port"
    )
    host: str = Field(
        "127.0.0.1",
        validation_alias=_env("DARKROOM_HOST"),
        description="The address web listens on; 0.0.0.0 for the whole network",
    )
    public_url: str | None = Field(
        None,
        validation_alias=_env("PUBLIC_URL"),
        description="Address under which the world reaches web: pictures and provider webhooks",
    )
    allowed_origins: Annotated[tuple[str, ...], NoDecode, BeforeValidator(read_origins)] = Field(
        (),
        validation_alias=_env("DARKROOM_ALLOWED_ORIGINS"),
        description="Pages that may use web from a browser, separated by commas; * for any; its own host always may",
    )

    egress_allow: Annotated[tuple[Network, ...], NoDecode, BeforeValidator(read_networks)] = Field(
        (),
        validation_alias=_env("DARKROOM_EGRESS_ALLOW"),
        description="Networks beside the public internet for pictures and webhooks, separated by commas",
    )
    max_sockets: int = Field(
        20_000,
        ge=1,
        validation_alias=_env("DARKROOM_MAX_SOCKETS"),
        description="Websockets and event streams that one web process holds",
    )
    max_anonymous_sockets: int = Field(
        15_000,
        ge=0,
        validation_alias=_env("DARKROOM_MAX_ANONYMOUS_SOCKETS"),
        description="Of these, how many for whoever has only the publishable key",
    )
    max_connections: int = Field(
        4_096,
        ge=1,
        validation_alias=_env("DARKROOM_MAX_CONNECTIONS"),
        description="Connections that one web process holds besides: requests, and sockets that have not signed in",
    )
    max_per_address: int = Field(
        512,
        ge=0,
        validation_alias=_env("DARKROOM_MAX_PER_ADDRESS"),
        description="Connections, and anonymous sockets, from one address; 0: any number",
    )
    proxies: Annotated[tuple[Network, ...], NoDecode, BeforeValidator(read_networks)] = Field(
        networks(NOT_PUBLIC),
        validation_alias=_env("DARKROOM_PROXIES"),
        description="Networks behind whose addresses many clients stand, which are not counted",
    )
    header_seconds: float = Field(
        10.0,
        gt=0,
        validation_alias=_env("DARKROOM_HEADER_SECONDS"),
        description="How long a request's head may take to come",
    )
    stall_seconds: float = Field(
        30.0,
        gt=0,
        validation_alias=_env("DARKROOM_STALL_SECONDS"),
        description="How long each 64 KiB of a body may take to come, and of an answer to be read",
    )
    body_bytes: int = Field(
        128 * 2**20,
        ge=0,
        validation_alias=_env("DARKROOM_BODY_BYTES"),
        description="What one web process holds at a time of bodies, beyond the first 64 KiB of each",
    )
    drain_seconds: float = Field(
        5.0,
        ge=0,
        le=300,
        validation_alias=_env("DARKROOM_DRAIN_SECONDS"),
        description="How long a web process that was told to stop still answers, while it sends its sockets away",
    )

    replicate_api_token: SecretStr | None = Field(
        None,
        validation_alias=_env("REPLICATE_API_TOKEN"),
        description="Without any provider's credentials the painter runs",
    )
    replicate_api_url: str = Field(
        REPLICATE_API_URL, validation_alias=_env("REPLICATE_API_URL"), description="Replicate's HTTP API"
    )

    fal_key: SecretStr | None = Field(
        None, validation_alias=_env("FAL_KEY"), description="fal's queue; unused when empty"
    )
    fal_api_url: str = Field(FAL_API_URL, validation_alias=_env("FAL_API_URL"), description="fal's queue API")
    fal_jwks_url: str = Field(
        FAL_JWKS_URL, validation_alias=_env("FAL_JWKS_URL"), description="Public keys of fal's webhooks"
    )
    fal_user_id: str | None = Field(
        None,
        max_length=255,
        validation_alias=_env("FAL_USER_ID"),
        description="The account whose webhooks fal may send; learned from the first one when empty",
    )
    openai_api_key: SecretStr | None = Field(
        None, validation_alias=_env("OPENAI_API_KEY"), description="OpenAI-compatible images; unused when empty"
    )
    openai_base_url: str = Field(
        OPENAI_BASE_URL,
        validation_alias=_env("OPENAI_BASE_URL"),
        description="OpenAI's API, or that of a server that speaks it",
    )

    s3_endpoint_url: str | None = Field(None, validation_alias=_env("S3_ENDPOINT_URL"), description="Empty means AWS")
    s3_bucket: str | None = Field(
        None, validation_alias=_env("S3_BUCKET"), description="Store pictures here; a directory when empty"
    )
    s3_region: str = Field("us-east-1", validation_alias=_env("S3_REGION"), description="Region that signatures name")
    s3_access_key_id: str | None = Field(
        None, validation_alias=_env("S3_ACCESS_KEY_ID"), description="Access key of the bucket"
    )
    s3_secret_access_key: SecretStr | None = Field(
        None, validation_alias=_env("S3_SECRET_ACCESS_KEY"), description="Secret key of the bucket"
    )
    s3_public_url: str | None = Field(
        None, validation_alias=_env("S3_PUBLIC_URL"), description="Address of a public bucket; web serves when empty"
    )

    supabase_url: str | None = Field(
        None,
        validation_alias=_env("SUPABASE_URL"),
        description="The old project, to which /auth/v1 and /storage/v1 are handed on: https://<ref>.supabase.co",
    )
    supabase_anon_key: SecretStr | None = Field(
        None, validation_alias=_env("SUPABASE_ANON_KEY"), description="The old apps' publishable key"
    )
    supabase_service_role_key: SecretStr | None = Field(
        None, validation_alias=_env("SUPABASE_SERVICE_ROLE_KEY"), description="The old backend's key"
    )
    supabase_jwt_secret: SecretStr | None = Field(
        None,
        validation_alias=_env("SUPABASE_JWT_SECRET"),
        description="Secret that signs the JWTs of signed-in users (HS256)",
    )
    supabase_jwks_url: str | None = Field(
        None,
        validation_alias=_env("SUPABASE_JWKS_URL"),
        description="Public keys of JWTs (RS256, ES256, EdDSA): https://<ref>.supabase.co/auth/v1/.well-known/jwks.json",
    )

    supabase_jwt_issuer: str | None = Field(
        None,
        validation_alias=_env("SUPABASE_JWT_ISSUER"),
        description="The iss that every JWT must have: https://<ref>.supabase.co/auth/v1; any when empty",
    )
    supabase_jwt_audience: str | None = Field(
        None,
        validation_alias=_env("SUPABASE_JWT_AUDIENCE"),
        description="The aud that every JWT must have; when empty: authenticated, or none",
    )

    max_parallel_jobs: int = Field(
        64,
        ge=1,
        le=100_000,
        validation_alias=_env("MAX_PARALLEL_JOBS"),
        description="A provider's cap: predictions in flight",
    )

    creates_per_minute: int | None = Field(
        None,
        ge=1,
        validation_alias=_env("DARKROOM_CREATES_PER_MINUTE"),
        description="Purchases a minute; empty means 600 at Replicate, which is its limit, and no limit elsewhere",
    )

    anonymous_per_minute: int = Field(
        30,
        ge=1,
        le=1_000_000,
        validation_alias=_env("DARKROOM_ANONYMOUS_PER_MINUTE"),
        description="Submissions a minute with the publishable key, all who use it together",
    )
    anonymous_in_flight: int = Field(
        4,
        ge=1,
        le=1_000_000,
        validation_alias=_env("DARKROOM_ANONYMOUS_IN_FLIGHT"),
        description="Predictions in flight of the publishable key",
    )
    anonymous_usd_per_day: float = Field(
        1.0,
        ge=0,
        le=1_000_000,
        validation_alias=_env("DARKROOM_ANONYMOUS_USD_PER_DAY"),
        description="US dollars that the publishable key may cost a day (UTC), once a provider's credentials are set",
    )

    home: Path = Field(Path(".darkroom"), validation_alias=_env("DARKROOM_HOME"), description="Data directory")
    lease_seconds: float = Field(
        30.0, gt=0, validation_alias=_env("DARKROOM_LEASE_SECONDS"), description="How long a claim holds"
    )
    poll_seconds: float = Field(
        2.0,
        gt=0,
        validation_alias=_env("DARKROOM_POLL_SECONDS"),
        description="How often the watcher asks for a prediction when no webhook can come",
    )
    download_bytes: int = Field(
        256 * 2**20,
        ge=2**20,
        validation_alias=_env("DARKROOM_DOWNLOAD_BYTES"),
        description="What one worker holds at a time of pictures that are not stored yet, but for the beginning of "
        "each; one may go beyond it",
    )
    store_sweep_seconds: float = Field(
        3600.0,
        ge=0,
        validation_alias=_env("DARKROOM_STORE_SWEEP_SECONDS"),
        description="How often the clock looks through the store for what no picture names; 0: never",
    )
    orphan_seconds: float = Field(
        3600.0,
        gt=0,
        validation_alias=_env("DARKROOM_ORPHAN_SECONDS"),
        description="How old such an object must be before it is deleted; longer than a claim holds",
    )
    embedded: bool = Field(
        False, validation_alias=_env("DARKROOM_EMBEDDED"), description="Set by `make up` when it runs the database"
    )
    url: str | None = Field(None, validation_alias=_env("DARKROOM_URL"), description="Where the command line finds web")
    api_key: SecretStr | None = Field(
        None, validation_alias=_env("DARKROOM_API_KEY"), description="The command line's key"
    )

    @field_validator("home")
    @classmethod
    def _absolute(cls, home: Path) -> Path:
        return home.expanduser().absolute()

    @field_validator("orphan_seconds")
    @classmethod
    def _longer_than_a_lease(cls, seconds: float, info: ValidationInfo) -> float:
        if seconds <= info.data.get("lease_seconds", 0):
            raise ValueError("must be longer than DARKROOM_LEASE_SECONDS")
        return seconds

    @field_validator("supabase_jwt_secret")
    @classmethod
    def _not_guessable(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None and len(secret.get_secret_value().encode()) < SHORTEST_JWT_SECRET:
            raise ValueError(f"must have at least {SHORTEST_JWT_SECRET} bytes; copy it from Supabase's API settings")
        return secret

    @field_validator("supabase_jwks_url", "supabase_url")
    @classmethod
    def _over_http(cls, url: str | None) -> str | None:
        if url is not None and (urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname):
            raise ValueError("must be an http:// or https:// address")
        return url

    @field_validator(
        "public_url", "replicate_api_url", "fal_api_url", "openai_base_url", "s3_public_url", "supabase_url", "url"
    )
    @classmethod
    def _no_trailing_slash(cls, url: str | None) -> str | None:
        return url.rstrip("/") if url else url

    @property
    def providers(self) -> tuple[str, ...]:
        """The providers whose credentials are set. Replicate too when none are: the painter asks for none."""
        keys = {"fal": self.fal_key, "openai": self.openai_api_key}
        others = tuple(name for name, key in keys.items() if key)
        stands_in = self.replicate_api_url != REPLICATE_API_URL or not others
        return ("replicate", *others) if self.replicate_api_token or stands_in else others

    @property
    def has_credentials(self) -> bool:
        """Whether any provider's are set; else the painter stands in.

        Many shells carry an OPENAI_API_KEY for other ends: only beside an OPENAI_BASE_URL does it say that it is meant.
        """
        openai = self.openai_api_key and "openai_base_url" in self.model_fields_set
        return bool(self.replicate_api_token or self.fal_key or openai)

    def has_paid_provider(self, painter_port: int) -> bool:
        """Whether credentials are set for anybody but the painter, which listens on `painter_port` of this machine."""
        asked = (
            (self.replicate_api_token, self.replicate_api_url),
            (self.fal_key, self.fal_api_url),
            (self.openai_api_key, self.openai_base_url),
        )
        places = [urlsplit(url) for key, url in asked if key]
        return any(place.hostname not in LOOPBACK or place.port != painter_port for place in places)

    def creates_limit_of(self, provider: str) -> int | None:
        """How many purchases a minute a provider takes. None: any number.

        Source: https://replicate.com/docs/topics/predictions/rate-limits
        """
        at_replicate = provider == "replicate" and self.replicate_api_url == REPLICATE_API_URL
        return 600 if self.creates_per_minute is None and at_replicate else self.creates_per_minute

    def provider_url_of(self, provider: str) -> URL | None:
        """Where a provider of ours is asked; None for somebody else."""
        urls = {"replicate": self.replicate_api_url, "fal": self.fal_api_url, "openai": self.openai_base_url}
        return URL(urls[provider]) if provider in urls else None

    @property
    def web_url(self) -> str:
        """Where this machine reaches web: DARKROOM_URL, else loopback."""
        return self.url or f"http://127.0.0.1:{self.port}"

    def callback_base_of(self, provider_url: str) -> str | None:
        """Where a provider reaches web: PUBLIC_URL, or loopback for a provider on this machine; None if nowhere.

        A loopback PUBLIC_URL is no use to a provider out in the world: then the watcher asks instead.
        """
        if urlsplit(provider_url).hostname in LOOPBACK:
            return self.public_url or f"http://127.0.0.1:{self.port}"
        if self.public_url and urlsplit(self.public_url).hostname not in LOOPBACK:
            return self.public_url
        return None
