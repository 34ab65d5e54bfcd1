"""Webhooks: signed as Standard Webhooks, retried as Replicate retries them."""
