"""From a URL's query to what is asked for: every word of it is read here, or refused."""
