"""OpenAI's images, as the painter speaks them. https://platform.openai.com/docs/api-reference/images"""
