"""OpenAI's images, and everything that speaks that HTTP API."""
