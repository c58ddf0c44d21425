"""Drawings as text and bytes: SVG, PNG, charts and graphs, with no library and no network in them.

Nothing here knows what a layer is. What is drawn comes as numbers and text; what leaves is an
`Svg` or a `Png`, which notebooks show by themselves.
"""

from constnet.drawing.markup import Markup, element
from constnet.drawing.png import Png
from constnet.drawing.svg import Svg

__all__ = ["Markup", "Png", "Svg", "element"]
