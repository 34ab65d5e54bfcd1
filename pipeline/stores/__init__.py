"""Stores: where pictures are kept, a directory or an S3 bucket."""

from pipeline.stores.keys import picture_key
from pipeline.stores.opening import open_store
from pipeline.stores.store import Store, StoredKey, StoredObject

__all__ = ["Store", "StoredKey", "StoredObject", "open_store", "picture_key"]
