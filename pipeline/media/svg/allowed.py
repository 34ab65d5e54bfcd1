"""What a kept drawing may consist of. Everything else is left out: what is not listed here cannot do harm.

Left out on purpose: script, foreignObject, image, feImage (run or load something), use and pattern (a few lines unfold
into billions), animation (may rewrite an attribute), a (leads away). Source: SVG 2, element and attribute indexes.
"""

from typing import Final

SVG: Final = "http://www.w3.org/2000/svg"
XLINK: Final = "http://www.w3.org/1999/xlink"


def _words(*lines: str) -> frozenset[str]:
    return frozenset(word for line in lines for word in line.split())


SHAPES: Final = _words("path rect circle ellipse line polyline polygon text")
"""What is seen; a drawing without any is none."""

WORDED: Final = _words("text tspan title desc")
"""Elements whose text is kept."""

UNWRAPPED: Final = _words("a switch")
"""Elements that are left out while what they hold stays."""

_GROUPS = "svg g defs style linearGradient radialGradient stop clipPath mask filter"
_FILTERS = (
    "feBlend feColorMatrix feComponentTransfer feComposite feDropShadow feFlood feFuncA feFuncB feFuncG feFuncR",
    "feGaussianBlur feMerge feMergeNode feMorphology feOffset feTurbulence",
)
ELEMENTS: Final = SHAPES | WORDED | _words(_GROUPS, *_FILTERS)

_GEOMETRY = (
    "id class style x y x1 y1 x2 y2 cx cy r rx ry fx fy fr d points width height viewBox preserveAspectRatio",
    "transform version pathLength",
)
_PAINT = (
    "fill fill-opacity fill-rule stroke stroke-width stroke-opacity stroke-linecap stroke-linejoin stroke-miterlimit",
    "stroke-dasharray stroke-dashoffset opacity color display visibility overflow clip-path clip-rule mask filter",
    "paint-order vector-effect shape-rendering text-rendering color-interpolation color-interpolation-filters",
    "mix-blend-mode isolation transform-origin transform-box enable-background",
)
_EFFECTS = (
    "offset stop-color stop-opacity gradientUnits gradientTransform spreadMethod clipPathUnits maskUnits",
    "maskContentUnits filterUnits primitiveUnits in in2 result mode type values stdDeviation edgeMode operator",
    "k1 k2 k3 k4 radius flood-color flood-opacity baseFrequency numOctaves seed stitchTiles tableValues slope",
    "intercept amplitude exponent",
)
_TEXT = (
    "dx dy rotate textLength lengthAdjust font-family font-size font-style font-weight font-variant font-stretch",
    "letter-spacing word-spacing text-anchor text-decoration dominant-baseline alignment-baseline baseline-shift",
    "writing-mode direction",
)
ATTRIBUTES: Final = _words(*_GEOMETRY, *_PAINT, *_EFFECTS, *_TEXT)
