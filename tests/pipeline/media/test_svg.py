"""SVG drawings: what is kept is drawing and nothing else, and a drawing stays what it was."""

from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import OutputBroken
from pipeline.media.picture import examine
from pipeline.media.prolog import is_svg
from pipeline.media.svg import clean_svg
from pipeline.media.svg.clean import MAX_BYTES, MAX_DEPTH, MAX_ELEMENTS
from pipeline.providers.painter.pictures.mosaic import mosaic
from pipeline.providers.painter.pictures.painting import paint

NS = 'xmlns="http://www.w3.org/2000/svg"'
XLINK = 'xmlns:xlink="http://www.w3.org/1999/xlink"'
RECT = '<rect width="1" height="1"/>'


def drawing(inside: str, root: str = 'width="64" height="48"') -> bytes:
    return f"<svg {NS} {XLINK} {root}>{inside}</svg>".encode()


def kept(inside: str, root: str = 'width="64" height="48"') -> str:
    """What is kept of a drawing's inside."""
    _, data = clean_svg(drawing(inside, root))
    return data.decode().partition(">")[2].removesuffix("</svg>")


def test_a_clean_drawing_stays_what_it_was() -> None:
    inside = (
        '<defs><linearGradient id="g" x1="0"><stop offset="1" stop-color="#fff"></stop></linearGradient>'
        '<clipPath id="c"><path d="M0 0h9v9z"></path></clipPath></defs>'
        "<style>.a{fill:url(#g)} .b { fill: #0f0 }</style>"
        '<g transform="scale(2)" clip-path="url(#c)"><path class="a" d="M0 0L9 9" fill="url(\'#g\')"></path>'
        '<text x="1" font-size="3">cats &amp; <tspan>dogs</tspan></text></g>'
    )
    assert kept(inside).replace("&quot;", '"') == inside


def test_what_is_known_of_it() -> None:
    picture, data = clean_svg(drawing(RECT))
    assert (picture.format, picture.width, picture.height) == ("svg", 64, 48)
    assert (picture.content_type, picture.extension, picture.file_size) == ("image/svg+xml", "svg", len(data))
    assert clean_svg(data)[1] == data


LEFT_OUT = {
    "a script": "<script>alert(1)</script>",
    "a script from elsewhere": '<script xlink:href="https://evil.example/x.js"/>',
    "a script of another space": '<script xmlns="http://www.w3.org/1999/xhtml">alert(1)</script>',
    "a page": "<foreignObject><body xmlns='http://www.w3.org/1999/xhtml'><script>alert(1)</script></body></foreignObject>",
    "a page in a page": "<foreignObject><svg><rect/></svg></foreignObject>",
    "a picture from elsewhere": '<image href="https://evil.example/pixel.png"/>',
    "a picture inside": '<image xlink:href="data:image/svg+xml;base64,AAAA"/>',
    "a filter's picture": '<filter id="f"><feImage href="https://evil.example/x"/></filter>',
    "another drawing": '<use href="https://evil.example/x.svg#a"/>',
    "copies of copies": '<g id="a"/><use href="#a"/><use href="#a"/>',
    "an animation": '<animate attributeName="href" values="javascript:alert(1)"/>',
    "a change": '<set attributeName="onload" to="alert(1)"/>',
    "a sheet from elsewhere": "<style>@import url(https://evil.example/x.css);</style>",
    "a font from elsewhere": "<style>@font-face{font-family:x;src:url(https://evil.example/x.woff)}</style>",
    "a background from elsewhere": "<style>rect{background:url('https://evil.example/x')}</style>",
    "the same, spelt otherwise": r"<style>rect{background:\75rl(https://evil.example/x)}</style>",
    "the same, in two parts": "<style>rect{background:ur/**/l(https://evil.example/x)}</style>",
    "the same, hidden": "<style><![CDATA[rect{fill:url(//evil.example/x)}]]></style>",
    "a link": '<a href="javascript:alert(1)"><title>x</title></a>',
    "an iframe": '<iframe xmlns="http://www.w3.org/1999/xhtml" src="https://evil.example"/>',
    "metadata": '<metadata><x xmlns="urn:x" onload="alert(1)">words</x></metadata>',
    "an unknown element": "<blink>words</blink>",
}
EVIL = ["script", "evil", "alert", "import", "image", "onload", "foreign", "<use", "animate", "<set", "words"]


@pytest.mark.parametrize("part", LEFT_OUT.values(), ids=LEFT_OUT)
def test_what_runs_loads_or_leads_outside_is_left_out(part: str) -> None:
    left = kept(part + RECT)
    assert left.endswith('<rect width="1" height="1"></rect>')
    assert not [word for word in EVIL if word in left.lower()]


ATTRIBUTES = {
    "an event": 'onload="alert(1)"',
    "an event in capitals": 'ONCLICK="alert(1)"',
    "a link": 'href="javascript:alert(1)"',
    "a link outside": 'xlink:href="https://evil.example/#a"',
    "paint from elsewhere": 'fill="url(https://evil.example/x#a)"',
    "paint in capitals": 'fill="URL( https://evil.example/x )"',
    "two paints": 'fill="url(#a) url(//evil.example/x)"',
    "a style": 'style="background:url(https://evil.example)"',
    "an escape": r'style="background:\75 rl(https://evil.example)"',
    "a mask": 'mask="url(data:image/svg+xml,evil)"',
    "a base": 'xml:base="https://evil.example/"',
    "a foreign one": 'x:onload="alert(1)" xmlns:x="urn:evil"',
    "data": 'data-evil="alert(1)"',
    "markup": 'style="&lt;script&gt;alert(1)&lt;/script&gt;"',
}


@pytest.mark.parametrize("attribute", ATTRIBUTES.values(), ids=ATTRIBUTES)
def test_an_attribute_that_leads_outside_is_left_out(attribute: str) -> None:
    assert kept(f'<rect width="1" {attribute}/>') == '<rect width="1"></rect>'


def test_what_a_link_holds_stays_without_the_link() -> None:
    assert kept(f'<a href="https://evil.example">{RECT}</a>') == '<rect width="1" height="1"></rect>'
    assert kept('<linearGradient id="a" xlink:href="#b"/>' + RECT).startswith('<linearGradient id="a" href="#b">')


BOMB = '<!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
REFUSED = {
    "entities": (f"{BOMB}<svg {NS} width='1' height='1'><text>&b;</text></svg>".encode(), "declarations of its own"),
    "a file": (
        f'<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg {NS}><text>&x;</text></svg>'.encode(),
        "declarations of its own",
    ),
    "an attribute nobody wrote": (
        f'<!DOCTYPE svg [<!ATTLIST rect onload CDATA "alert(1)">]><svg {NS}>{RECT}</svg>'.encode(),
        "declarations of its own",
    ),
    "an unknown entity": (drawing("<text>&nbsp;</text>"), "damaged SVG drawing"),
    "half a drawing": (drawing(RECT)[:-10], "damaged SVG drawing"),
    "two drawings": (drawing(RECT) * 2, "damaged SVG drawing"),
    "nothing to see": (drawing("<g><script>alert(1)</script></g>"), "shows nothing"),
    "only a picture inside": (drawing('<image href="data:image/png;base64,AAAA"/>'), "shows nothing"),
    "another root": (b'<?xml version="1.0"?><html><svg/></html>', "it is an XML document"),
    "a root of another space": (b'<svg xmlns="urn:x" width="1" height="1"><rect/></svg>', "it is an XML document"),
    "too deep": (drawing("<g>" * MAX_DEPTH + RECT + "</g>" * MAX_DEPTH), "too many parts"),
    "too many": (drawing("<g/>" * MAX_ELEMENTS + RECT), "too many parts"),
    "too heavy": (drawing(" " * MAX_BYTES), "at most 8,388,608 are kept"),
    "a lie about its letters": (b'<?xml version="1.0" encoding="utf-16"?>' + drawing(RECT), "damaged SVG drawing"),
}


@pytest.mark.parametrize(("data", "words"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_drawing_that_can_be_kept(data: bytes, words: str) -> None:
    with pytest.raises(OutputBroken, match=words):
        clean_svg(data)


@pytest.mark.parametrize(
    ("root", "size"),
    [
        ('width="1365" height="1024"', (1365, 1024)),
        ('width="12.6px" height=" 3 "', (13, 3)),
        ('viewBox="0 0 300 150"', (300, 150)),
        ('viewBox="0,0,300.4,150"', (300, 150)),
        ('width="100%" height="100%" viewBox="-5 -5 10 20"', (10, 20)),
        ('width="600" viewBox="0 0 300 150"', (600, 300)),
        ('height="75" viewBox="0 0 300 150"', (150, 75)),
        ('width="1e3" height="1e2"', (1000, 100)),
        ('width="1e9" height="1"', (65_535, 1)),
        ('width="0.1" height="0.1"', (1, 1)),
        ('width="0" height="0" viewBox="0 0 7 8"', (7, 8)),
        ('width="210mm" height="297mm" viewBox="0 0 210 297"', (794, 1123)),
        ('width="8.5in" height="11IN"', (816, 1056)),
        ('width="72pt" height="6pc"', (96, 96)),
        ('width="2.54cm" height="101.6q"', (96, 96)),
        ('width="20em" height="10rem"', (320, 160)),
        ('width="100%" height="4in"', (300, 384)),
        ('width="100%" height="3em"', (300, 48)),
        ('width="auto" height="-4"', (300, 150)),
        ("", (300, 150)),
        ('width="1e-1" height="1e99"', (1, 65_535)),
        ('width="9parsec" height="9" viewBox="0 0 2 1"', (18, 9)),
        (f'width="{"9" * 500}" height="9"', (300, 9)),
    ],
)
def test_sizes(root: str, size: tuple[int, int]) -> None:
    picture, _ = clean_svg(drawing(RECT, root))
    assert (picture.width, picture.height) == size


@pytest.mark.parametrize(
    "head", [b"", b"\xef\xbb\xbf", b'<?xml version="1.0" encoding="UTF-8"?>\n<!-- made here -->\n', b"  \n",
             b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">']
)  # fmt: skip
def test_a_drawing_is_told_by_its_beginning(head: bytes) -> None:
    assert is_svg(head + drawing(RECT))
    if not head.startswith(b" "):
        assert b"made here" not in clean_svg(head + drawing(RECT))[1]


def test_a_picture_is_no_drawing() -> None:
    assert not is_svg(b"\x89PNG\r\n\x1a\n<svg")
    assert not is_svg(b"<!doctype html><svg>")
    with pytest.raises(OutputBroken, match="an SVG drawing"):
        examine(drawing(RECT))


def test_the_painters_drawings_are_clean() -> None:
    data = mosaic(paint("a lake", 7, 320, 200))
    picture, kept_data = clean_svg(data)
    assert (picture.width, picture.height) == (320, 200)
    assert kept_data.count(b"<rect") == data.count(b"<rect") > 100


HARMLESS = {"svg", "g", "style", "text", "rect", "filter", "title"}
PIECES = st.sampled_from([
    *LEFT_OUT.values(), RECT, "<g>", "</g>", "<style>", "</style>", "<a>", "</a>", "<text>", "</text>", "<![CDATA[",
    "]]>", "<!--", "-->", "&lt;script&gt;", "&#60;script&#62;", "<svg>", "</svg>", "&#x3c;", "\x00", "é",
    *(f"<rect {attribute}/>" for attribute in ATTRIBUTES.values()),
])  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES, max_size=12))
def test_whatever_comes_what_is_kept_is_clean(pieces: list[str]) -> None:
    try:
        _, data = clean_svg(drawing("".join(pieces)))
    except OutputBroken:
        return
    for element in ElementTree.fromstring(data).iter():
        assert element.tag.removeprefix("{http://www.w3.org/2000/svg}") in HARMLESS
        for name, value in element.attrib.items():
            assert name in {"width", "height", "id", "style", "fill", "mask"}
            assert "evil" not in value
        if element.tag.endswith("style"):
            assert "evil" not in (element.text or "")
    assert clean_svg(data)[1] == data
