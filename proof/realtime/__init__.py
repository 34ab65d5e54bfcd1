"""The old apps' channels under load: many users at once, each with supabase-js, and nobody told of anybody else."""
