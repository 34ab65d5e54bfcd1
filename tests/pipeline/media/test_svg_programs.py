"""Drawings as drawing programs write them, declarations and all: they are kept, and what could do harm is not."""

import pytest

from pipeline.errors import OutputBroken
from pipeline.media.prolog import LOOKS_AT, is_svg
from pipeline.media.svg import clean_svg
from pipeline.media.svg.clean import MAX_ATTRIBUTES
from pipeline.media.svg.declarations import MAX_DECLARATIONS, MAX_ENTITY, MAX_UNFOLDED
from tests.pipeline.media.test_svg import EVIL, NS, RECT, drawing, kept

PUBLIC = 'PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd"'

ILLUSTRATOR = f"""<?xml version="1.0" encoding="utf-8"?>
<!-- Generator: Adobe Illustrator 27.0.0, SVG Export Plug-In . SVG Version: 6.00 Build 0)  -->
<!DOCTYPE svg {PUBLIC} [
\t<!ENTITY ns_extend "http://ns.adobe.com/Extensibility/1.0/">
\t<!ENTITY ns_ai "http://ns.adobe.com/AdobeIllustrator/10.0/">
\t<!ENTITY ns_graphs 'http://ns.adobe.com/Graphs/1.0/'>
\t<!ENTITY ns_svg "http://www.w3.org/2000/svg">
\t<!ENTITY ns_xlink "http://www.w3.org/1999/xlink">
\t<!ENTITY st0 "fill:#FFFFFF;stroke:#000000;">
\t<!ELEMENT svg ANY>
\t<!ATTLIST svg xmlns:a3 CDATA #IMPLIED a3:scriptImplementation CDATA #IMPLIED>
]>
<svg version="1.1" id="Layer_1" xmlns:x="&ns_extend;" xmlns:i="&ns_ai;" xmlns:graph="&ns_graphs;" xmlns="&ns_svg;"
\t xmlns:xlink="&ns_xlink;" x="0px" y="0px" width="8.5in" height="11in" viewBox="0 0 612 792"
\t style="enable-background:new 0 0 612 792;" xml:space="preserve">
<metadata><sfw xmlns="&ns_extend;"><slices></slices></sfw></metadata>
<style type="text/css"><![CDATA[ .st1{{fill:#C1272D;}} ]]></style>
<switch>
\t<foreignObject requiredExtensions="&ns_ai;" width="1" height="1"><i:pgfRef xlink:href="#p"/></foreignObject>
\t<g i:extraneous="self"><path class="st1" style="&st0;" d="M0,0h9v9z"/><text>&#169; cats &amp; dogs</text></g>
</switch>
<i:pgf id="p"><![CDATA[eJzsvWuPHceV]]></i:pgf>
</svg>
""".encode()

INKSCAPE = b"""<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<!-- Created with Inkscape (http://www.inkscape.org/) -->

<svg
   width="210mm" height="297mm" viewBox="0 0 210 297" version="1.1" id="svg5" inkscape:version="1.2.2"
   sodipodi:docname="cat.svg" xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape"
   xmlns:sodipodi="http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd" xmlns="http://www.w3.org/2000/svg"
   xmlns:svg="http://www.w3.org/2000/svg" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <sodipodi:namedview id="namedview7" pagecolor="#ffffff" inkscape:zoom="0.7"/>
  <defs id="defs2"><inkscape:path-effect effect="bspline"/></defs>
  <metadata><rdf:RDF><cc:Work xmlns:cc="http://creativecommons.org/ns#" rdf:about=""/></rdf:RDF></metadata>
  <g inkscape:label="Layer 1" inkscape:groupmode="layer" id="layer1">
    <path style="fill:#ff0000;stroke-width:0.26" d="M 10,10 H 90 V 90 Z" id="path1" sodipodi:nodetypes="cccc"/>
  </g>
</svg>
"""

PREFIXED = b'<ns0:svg xmlns:ns0="http://www.w3.org/2000/svg" width="2cm" height="50%"><ns0:rect width="1"/></ns0:svg>'


@pytest.mark.parametrize(
    ("data", "size"),
    [(ILLUSTRATOR, (816, 1056)), (INKSCAPE, (794, 1123)), (PREFIXED, (76, 150))],
    ids=["Illustrator", "Inkscape", "ElementTree"],
)
def test_a_programs_drawing_is_kept(data: bytes, size: tuple[int, int]) -> None:
    assert is_svg(data)
    picture, clean = clean_svg(data)
    assert (picture.width, picture.height) == size
    assert clean_svg(clean)[1] == clean
    for word in (b"adobe", b"inkscape", b"sodipodi", b"ENTITY", b"DOCTYPE", b"rdf", b"foreign", b"pgf"):
        assert word not in clean


def test_what_stands_for_a_text_is_that_text() -> None:
    clean = clean_svg(ILLUSTRATOR)[1].decode()
    assert 'style="fill:#FFFFFF;stroke:#000000;"' in clean
    assert "<style> .st1{fill:#C1272D;} </style>" in clean
    assert "<text>© cats &amp; dogs</text>" in clean


def declaring(declared: str, inside: str = RECT, encoding: str = "utf-8") -> bytes:
    head = f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE svg [{declared}]>'
    return f'{head}<svg {NS} width="1" height="1">{inside}</svg>'.encode(encoding)


REFUSED = {
    "entities of entities": ('<!ENTITY a "cats"><!ENTITY b "&a;&a;">', "<text>&b;</text>", "more than a text"),
    "the same, spelt otherwise": ('<!ENTITY a "&#38;b;"><!ENTITY b "cats">', "<text>&a;</text>", "more than a text"),
    "markup": ('<!ENTITY a "&#60;script>evil&#60;/script>">', "&a;", "more than a text"),
    "a long text": (f'<!ENTITY a "{"a" * (MAX_ENTITY + 1)}">', RECT, "more than a text of 1,000"),
    "many entities": ("".join(f'<!ENTITY a{n} "a">' for n in range(MAX_DECLARATIONS + 1)), RECT, "over 100"),
    "many references": (
        f'<!ENTITY a "{"a" * MAX_ENTITY}">',
        f"<text>{'&a;' * (MAX_UNFOLDED // MAX_ENTITY + 1)}</text>",
        "unfold to more than 1,048,576 bytes",
    ),
    "declarations of declarations": ("<!ENTITY % a \"<!ENTITY b SYSTEM 'evil'>\"> %a;", RECT, "something outside"),
    "a part outside": ('<!ENTITY a PUBLIC "-//x" "https://evil.example/x">', RECT, "something outside"),
    "a picture outside": ('<!NOTATION g SYSTEM "g"><!ENTITY a SYSTEM "x.gif" NDATA g>', RECT, "something outside"),
    "a link": ('<!ATTLIST a href CDATA "javascript:evil">', f"<a>{RECT}</a>", "the attribute href is given a value"),
}


@pytest.mark.parametrize(("declared", "inside", "words"), REFUSED.values(), ids=REFUSED)
def test_declarations_that_do_more_are_refused(declared: str, inside: str, words: str) -> None:
    with pytest.raises(OutputBroken, match="declarations of its own, which are not read: .*" + words):
        clean_svg(declaring(declared, inside + RECT))


def test_an_alphabet_in_which_references_cannot_be_counted_is_refused() -> None:
    text = declaring('<!ENTITY a "cats">', f"<text>&a;</text>{RECT}", "cp1252")
    with pytest.raises(OutputBroken, match="its encoding is CP1252"):
        clean_svg(text)
    assert b"cats" in clean_svg(declaring('<!ENTITY a "cats">', f"<text>&a;</text>{RECT}", "utf-16"))[1]


def test_a_value_from_a_declaration_is_looked_at_like_any_other() -> None:
    inside = '<rect width="1" fill="&a;" onload="&a;"/><a href="&b;"><title>x</title></a><style>&c;</style>'
    declared = '<!ENTITY a "url(//evil.example)"><!ENTITY b "javascript:alert(1)"><!ENTITY c "@import \'evil\'">'
    clean = clean_svg(declaring(declared, inside))[1].decode()
    assert not [word for word in EVIL if word in clean.lower()]


HIDDEN = {
    "between strings that hold comments": 'rect{content:"/*";fill:url(//evil.example/x);content:"*/"}',
    "behind a comment that is none": "rect{background:url(//evil.example/*x*/)}",
    "in a comment that never closes": "rect{fill:red} /* url(//evil.example/x)",
    "in two comments": "rect{background:u/* */rl(//evil.example/x)}",
    "in a comment in a comment": "rect{fill:/*/*/url(//evil.example/x)/*/}",
}


@pytest.mark.parametrize("sheet", HIDDEN.values(), ids=HIDDEN)
def test_comments_hide_nothing(sheet: str) -> None:
    assert "evil" not in kept(f"<style>{sheet}</style>{RECT}")
    quoted = sheet.partition("{")[2].replace('"', "&quot;")
    assert "evil" not in kept(f'<rect width="1" style="{quoted}"/>')


def test_comments_are_left_out_of_what_is_kept() -> None:
    assert kept(f"<style>/* red */ a{{fill:red/**/}} /* @import */</style>{RECT}").startswith("<style>  a{fill:red }")


def test_too_many_attributes_are_refused() -> None:
    attributes = " ".join(f'a{number}=""' for number in range(MAX_ATTRIBUTES + 1))
    with pytest.raises(OutputBroken, match="500 attributes"):
        clean_svg(drawing(f"<g {attributes}/>{RECT}"))


@pytest.mark.parametrize(
    ("head", "svg"),
    [
        (f"<!DOCTYPE svg {PUBLIC} [<!ENTITY a ']>'><!-- ]> --><?x ]> ?>]>", True),
        ("<!-- " + "licence " * 1_500 + "-->", True),
        ("<?xml-stylesheet href='x.css'?><!DOCTYPE svg:svg>", True),
        ("<!--" + " " * LOOKS_AT + "-->", False),
        ("<!DOCTYPE svg [" + "<!ENTITY " * LOOKS_AT, False),
        ("<!DOCTYPE html>", False),
        ("cats", False),
    ],
)
def test_a_drawing_is_told_by_its_root(head: str, svg: bool) -> None:
    for letters in ("utf-8", "utf-16"):
        assert is_svg(f"{head} <svg>".encode(letters)) is (svg and len(head.encode(letters)) < LOOKS_AT)
    assert not is_svg(f"{head}<svgs>".encode())
