"""Markup in which every text is escaped, because no other way of writing it is offered."""

from collections.abc import Iterable
from html import escape

VOID = {"br", "img", "meta", "source"}


class Markup(str):
    """Text that is markup already; every other text is escaped when it is put into an element."""

    __slots__ = ()


def element(tag: str, /, *children: "Markup | str", **attributes: str) -> Markup:
    """An element. Attributes end in "_" where Python has the word for itself, "_" inside becomes "-"; "" leaves one out.

    >>> element("p", "1 < 2 & ", element("b", "<script>"), class_="a b")
    '<p class="a b">1 &lt; 2 &amp; <b>&lt;script&gt;</b></p>'
    """
    said = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"' for key, value in attributes.items() if value != ""
    )
    if tag in VOID:
        return Markup(f"<{tag}{said}>")
    return Markup(f"<{tag}{said}>{joined(children)}</{tag}>")


def joined(children: "Iterable[Markup | str]") -> Markup:
    """Children in a row."""
    return Markup("".join(child if isinstance(child, Markup) else escape(child) for child in children))


def table(
    head: Iterable["Markup | str"], rows: Iterable[Iterable["Markup | str"]], *, texts: int = 1, caption: str = ""
) -> Markup:
    """A table; the first `texts` columns are text, the rest are numbers."""

    def cells(tag: str, values: Iterable["Markup | str"]) -> Markup:
        return joined(
            element(tag, value, class_="" if place < texts else "n", scope="col" if tag == "th" else "")
            for place, value in enumerate(values)
        )

    body = element("tbody", *(element("tr", cells("td", row)) for row in rows))
    top = element("thead", element("tr", cells("th", head)))
    said = [element("caption", caption)] if caption else []
    return element("div", element("table", *said, top, body), class_="wide", tabindex="0")
