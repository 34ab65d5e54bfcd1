"""The tables, one noun a file."""

from schema.tables.anonymous_limits import anonymous_limits
from schema.tables.api_key import api_keys
from schema.tables.batch import batches
from schema.tables.callback_key import callback_keys
from schema.tables.delivery import deliveries
from schema.tables.generation import generations
from schema.tables.idempotency_key import idempotency_keys
from schema.tables.image import images
from schema.tables.lane import lanes
from schema.tables.metadata import metadata
from schema.tables.meter import meters
from schema.tables.model_price import model_prices
from schema.tables.provider_account import provider_accounts
from schema.tables.route import routes
from schema.tables.spending import spending
from schema.tables.user_limits import user_limits
from schema.tables.webhook_endpoint import webhook_endpoints
from schema.tables.webhook_secret import webhook_secrets

__all__ = [
    "anonymous_limits",
    "api_keys",
    "batches",
    "callback_keys",
    "deliveries",
    "generations",
    "idempotency_keys",
    "images",
    "lanes",
    "metadata",
    "meters",
    "model_prices",
    "provider_accounts",
    "routes",
    "spending",
    "user_limits",
    "webhook_endpoints",
    "webhook_secrets",
]
