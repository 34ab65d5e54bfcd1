"""The catalogue: everything that `/rest/v1` shows, by the old names. What is not here cannot be asked about."""

from collections.abc import Mapping
from types import MappingProxyType

from api.supabase.rest.tables.batches import BATCH_PROGRESS, BATCHES
from api.supabase.rest.tables.generations import GENERATIONS, IMAGES
from api.supabase.rest.tables.jobs import FAILED_JOBS, JOBS, QUEUE_HEALTH, STUCK_JOBS
from api.supabase.rest.tables.models import MODELS
from api.supabase.rest.tables.table import Table

_ALL = (GENERATIONS, IMAGES, JOBS, QUEUE_HEALTH, FAILED_JOBS, STUCK_JOBS, BATCHES, BATCH_PROGRESS, MODELS)
TABLES: Mapping[str, Table] = MappingProxyType({table.name: table for table in _ALL})
