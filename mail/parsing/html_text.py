"""HTML of a mail -> the text a person would read. Nothing active survives; links are not followed."""

import html
import re
from typing import Final

import nh3

# Longer HTML is cut: the cleaner's time grows faster than the text (3 s for 50,000 nested elements).
HTML_CHARS_MAX: Final = 256 * 1024
# For the same reason; the longest newsletter collected has 3,100.
TAGS_MAX: Final = 20_000
# "> " in front of quoted lines is repeated this often at most.
QUOTE_DEPTH_MAX: Final = 5

_HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_APART: Final = _HEADINGS | {"p", "ul", "ol", "table", "blockquote", "pre", "dl"}
_BLOCKS: Final = _APART | {
    *("div", "li", "tr", "hr", "dt", "dd", "address", "section", "article", "header", "footer"),
    *("center", "fieldset", "form", "main", "nav", "aside", "figure"),
}
_KEPT: Final = set(_BLOCKS | {"br", "td", "th"})
_SILENT: Final = {"script", "style", "title", "template", "noembed", "noframes"}
_TAG: Final = re.compile(r"<(/?[a-z0-9]+)[^>]*>")
_SPACE: Final = re.compile(r"[ \t\r\n\f\u00a0]+")
_INVISIBLE: Final = re.compile("[\u200b\ufeff\u00ad]")
_BLANK_LINES: Final = re.compile(r"\n{3,}")


def text_of(markup: str) -> str:
    """The cleaner leaves balanced tags without attributes and escapes all else, so that tags can be split off."""
    cleaned = nh3.clean(
        _within_caps(markup), tags=_KEPT, attributes={}, clean_content_tags=_SILENT, link_rel=None
    )
    page = _Page()
    pieces = _TAG.split(cleaned)
    page.say(pieces[0])
    for tag, text in zip(pieces[1::2], pieces[2::2], strict=True):
        page.mark(tag)
        page.say(text)
    return page.text()


def _within_caps(markup: str) -> str:
    markup = markup[:HTML_CHARS_MAX]
    if markup.count("<") <= TAGS_MAX:
        return markup
    return "<".join(markup.split("<", TAGS_MAX)[:TAGS_MAX])


class _Page:
    """Lines as they would be seen."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._line = ""
        self._quoted = 0
        self._preformatted = False

    def say(self, piece: str) -> None:
        text = _INVISIBLE.sub("", html.unescape(piece))
        if self._preformatted:
            first, *rest = text.split("\n")
            self._line += first
            for line in rest:
                self._break()
                self._line = line
            return
        text = _SPACE.sub(" ", text)
        self._line += text.lstrip() if not self._line or self._line.endswith(" ") else text

    def mark(self, tag: str) -> None:
        name = tag.lstrip("/")
        if name == "br":
            self._break()
        elif name in _BLOCKS:
            self._block(name, closing=tag.startswith("/"))
        elif self._line and not self._line.endswith(" "):
            self._line += " "

    def _block(self, name: str, *, closing: bool) -> None:
        if self._line.strip():
            self._break()
        if name in _APART and self._lines and self._lines[-1].strip("> "):
            self._lines.append("")
        if name == "blockquote":
            self._quoted = max(0, self._quoted + (-1 if closing else 1))
        elif name == "pre":
            self._preformatted = not closing
        elif name == "li" and not closing:
            self._line = "- "

    def _break(self) -> None:
        prefix = "> " * min(self._quoted, QUOTE_DEPTH_MAX)
        self._lines.append((prefix + self._line).rstrip())
        self._line = ""

    def text(self) -> str:
        self._break()
        return _BLANK_LINES.sub("\n\n", "\n".join(self._lines)).strip("\n ")
