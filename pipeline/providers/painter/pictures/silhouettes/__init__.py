"""Shapes that stand against the light, as coverage masks."""
