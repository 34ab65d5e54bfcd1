"""Where the old project's doors are: whatever a supabase client adds to its URL."""

FUNCTIONS = "/functions/v1/"
REST = "/rest/v1/"
AUTH = "/auth/v1/"
STORAGE = "/storage/v1/"
REALTIME = "/realtime/v1/websocket"

HTTP = (FUNCTIONS, REST, AUTH, STORAGE)
