"""Reading a prompt: which scene, what light, who stands in it."""

import hashlib
import re
from dataclasses import dataclass

from pipeline.providers.painter.pictures.light import TINTS, Color

WORDS: dict[str, dict[str, str]] = {
    "time": {
        "dawn": "dawn sunrise morning daybreak spring",
        "day": "day noon sunny daylight midday summer afternoon",
        "dusk": "dusk sunset evening twilight golden hour warm ember fire",
        "night": "night midnight moonlight moonlit stars starry neon nocturnal moon galaxy dark aurora northern",
    },
    "weather": {
        "storm": "storm stormy thunder lightning tempest rain rainy dramatic hurricane",
        "mist": "mist misty fog foggy haze hazy foggy cloudy",
        "snow": "snow snowy winter ice icy frozen frost blizzard arctic christmas",
        "aurora": "aurora northern borealis",
    },
    "season": {
        "autumn": "autumn fall autumnal october leaves maple",
        "spring": "spring blossom blossoms cherry sakura bloom",
    },
    "place": {
        "sea": "sea ocean beach coast coastal waves wave lake harbor harbour island shore bay water river lighthouse"
        " boat ship sail sailing sailboat whale surf cliff cliffs",
        "mountains": "mountain mountains peak peaks alps alpine valley summit himalaya volcano canyon fjord glacier"
        " dragon eagle",
        "desert": "desert dune dunes sahara sand oasis camel mars",
        "forest": "forest woods woodland jungle trees path trail pine pines grove deer fox wolf owl bear fairy",
        "city": "city skyline street town urban neon cyberpunk tokyo skyscraper skyscrapers downtown metropolis robot"
        " rooftop york futuristic car",
        "meadow": "meadow field fields flower flowers garden hill hills farm prairie poppies tulips lavender sunflower"
        " sunflowers countryside grass cottage house barn windmill village tree balloon balloons horse dog cow",
        "space": "space galaxy planet planets nebula cosmos cosmic astronaut stars universe saturn spaceship orbit",
    },
    "subject": {
        "lighthouse": "lighthouse beacon",
        "cat": "cat cats kitten kitty",
        "house": "house cottage cabin hut barn farmhouse village home",
        "castle": "castle fortress palace kingdom",
        "boat": "boat ship sail sailing sailboat yacht boats vessel",
        "tree": "tree oak",
        "balloon": "balloon balloons",
        "birds": "bird birds seagull seagulls gull flock crow crows eagle swallows geese",
        "figure": "person man woman girl boy traveler traveller wanderer hiker child astronaut figure people"
        " monk samurai knight wizard",
        "deer": "deer stag elk moose reindeer",
        "moon": "moon moonlight moonlit lunar",
        "sun": "sun sunrise sunset sunny",
    },
}
"""Kind, then value, then the words that mean it. Earlier words of the prompt win."""

PLACE_OF_SUBJECT = {
    "cat": "city",
    "castle": "mountains",
    "birds": "sea",
    "figure": "mountains",
    "moon": "mountains",
    "sun": "sea",
}
"""Where a subject stands that names no place itself."""

TIME_OF_PLACE = {
    "sea": ("dusk", "dawn", "day"),
    "mountains": ("dawn", "dusk", "day"),
    "desert": ("dusk", "dawn", "day"),
    "forest": ("dawn", "day"),
    "city": ("dusk", "night"),
    "meadow": ("day", "dusk", "dawn"),
    "space": ("night",),
    "abstract": ("dusk", "dawn", "night", "day"),
}
"""Hours that suit a place when the prompt names none; the prompt's hash picks one."""

_MEANINGS: dict[str, list[tuple[str, str]]] = {}
for _kind, _values in WORDS.items():
    for _value, _words in _values.items():
        for _word in _words.split():
            _MEANINGS.setdefault(_word, []).append((_kind, _value))


@dataclass(frozen=True, slots=True)
class Reading:
    """What a prompt asks to see. `turn` is a small hue shift that is the prompt's own."""

    place: str
    time: str
    weather: frozenset[str]
    season: str | None
    subjects: frozenset[str]
    tint: Color | None
    turn: float


def read_prompt(prompt: str, seed: int) -> Reading:
    """Read a prompt; what it leaves open is settled by the hash of prompt and seed."""
    digest = hashlib.blake2b(f"{prompt}\0{seed}".encode(), digest_size=8).digest()
    found: dict[str, list[str]] = {kind: [] for kind in WORDS}
    words = re.findall(r"[a-z]+", prompt.lower())
    for word in words:
        for kind, value in _MEANINGS.get(word, ()):
            found[kind].append(value)
    place = _place(found)
    hours = TIME_OF_PLACE[place]
    tints = [TINTS[word] for word in words if word in TINTS]
    return Reading(
        place=place,
        time=next(iter(found["time"]), hours[digest[0] % len(hours)]),
        weather=frozenset(found["weather"]),
        season=next(iter(found["season"]), None),
        subjects=frozenset(found["subject"]),
        tint=tints[0] if tints else None,
        turn=(digest[1] / 255 - 0.5) * 0.05,
    )


def _place(found: dict[str, list[str]]) -> str:
    # "stars" alone means space, but stars also stand over every earthly place that is named.
    places = found["place"]
    earthly = [place for place in places if place != "space"]
    if earthly:
        return earthly[0]
    if places:
        return places[0]
    return next((PLACE_OF_SUBJECT[one] for one in found["subject"] if one in PLACE_OF_SUBJECT), "abstract")
