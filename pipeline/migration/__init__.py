"""From the old Supabase design into Darkroom: in place or copied, looked at first, repeatable, and back again."""
