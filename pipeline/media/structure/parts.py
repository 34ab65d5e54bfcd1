"""What the readers of the formats share: what they raise, and the count that bounds their work."""


class StructureError(Exception):
    """The bytes are not a complete picture."""


class CutOff(StructureError):
    """The bytes end before the picture does."""


class Damaged(StructureError):
    """The bytes contradict the format; the message says where."""


class NoPicture(StructureError):
    """The format's frame is complete and holds no picture."""


class TooManyParts(StructureError):
    """There are more parts than this reading may walk."""


class Parts:
    """Counts the parts (chunks, segments, blocks, boxes) of one picture, and ends the walk beyond `most` of them."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._left = most

    def count(self, parts: int = 1) -> None:
        """Note that `parts` more were met. Raises TooManyParts."""
        self._left -= parts
        if self._left < 0:
            raise TooManyParts
