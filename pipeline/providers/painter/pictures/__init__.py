"""Pictures from words: the prompt is read for a scene and its light, then painted layer on layer.

Bit for bit the same for the same prompt, seed and size, in every process.
"""
