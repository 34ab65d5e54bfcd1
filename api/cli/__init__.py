"""The command line: one file per command. It talks to the server through `api.client`, never to a handler."""
