curl -X POST https://YOUR_PROJECT_REF.supabase.co/functions/v1/process-jobs \
  -H "Authorization: Bearer YOUR_ANON_KEY"
