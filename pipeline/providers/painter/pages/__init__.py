"""What the models' pages document: their inputs, and the shape of their outputs. The painter goes by it."""

from pipeline.providers.painter.pages.page import Page
from pipeline.providers.painter.pages.pages import PAGES

__all__ = ["PAGES", "Page"]
