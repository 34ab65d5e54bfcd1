"""Supabase's Realtime protocol, of which the old apps use `postgres_changes`, fed by the gateway."""
