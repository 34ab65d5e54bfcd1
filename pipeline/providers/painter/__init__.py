"""The painter stands in for Replicate where no provider token is set.

It speaks Replicate's documented HTTP API, keeps a ledger of what it sold, signs its webhooks and paints a
picture from each prompt. Run it with `python -m pipeline.providers.painter`.
"""
