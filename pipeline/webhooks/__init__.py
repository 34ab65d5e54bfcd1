"""Webhooks: what becomes of generations, told to the addresses that their owners gave. After Standard Webhooks.

Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""
