"""The old project's `/rest/v1`: what the apps in the field ask of PostgREST, read from the one table or refused."""
