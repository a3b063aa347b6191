"""Slack's mrkdwn, and the Markdown of its markdown block, as safe HTML. Unknown marks stay words."""

import re
from collections.abc import Callable, Iterator
from itertools import groupby

from markupsafe import Markup, escape

from sandbox.render.words import Viewer, angled, safe_link, unescaped, with_emoji

# Each alternative ends at the first closing mark, so that the time is linear in the text.
_MRKDWN = re.compile(
    r"`(?P<code>[^`\n]+)`"
    r"|<(?P<angle>[^<>\n]+)>"
    r"|(?P<url>https?://[^\s<>|*`]+[^\s<>|*`.,;:!?)\]}'\"])"
    r"|(?<![\w*])\*(?P<bold>[^\s*](?:[^*\n]*[^\s*])?)\*(?![\w*])"
    r"|(?<![\w_])_(?P<italic>[^\s_](?:[^_\n]*[^\s_])?)_(?![\w_])"
    r"|(?<![\w~])~(?P<strike>[^\s~](?:[^~\n]*[^\s~])?)~(?![\w~])"
)
_MARKDOWN = re.compile(
    r"`(?P<code>[^`\n]+)`"
    r"|!?\[(?P<label>[^\[\]\n]*)\]\((?P<target>[^()\s]+)\)"
    r"|<(?P<angle>(?:https?://|mailto:|[@#!])[^<>\n]+)>"
    r"|(?P<url>https?://[^\s<>|*`]+[^\s<>|*`.,;:!?)\]}'\"])"
    r"|\*\*(?P<bold>[^\s*](?:[^*\n]*[^\s*])?)\*\*"
    r"|(?<![\w*])\*(?P<italic>[^\s*](?:[^*\n]*[^\s*])?)\*(?![\w*])"
    r"|(?<![\w_])_(?P<slanted>[^\s_](?:[^_\n]*[^\s_])?)_(?![\w_])"
    r"|~~(?P<strike>[^\s~](?:[^~\n]*[^\s~])?)~~"
)
_FENCE = re.compile(r"```(?:[a-z]*\n)?(.*?)```", re.DOTALL)
_QUOTE = re.compile(r"(?:&gt;|>) ?")
_ITEM = re.compile(r"(?P<indent> *)(?P<sign>[•◦▪‣\-*+]|\d{1,4}[.)]) (?P<words>.*)")
_HEADING = re.compile(r"(#{1,6}) +(.*?)#*\s*\Z")
_RULE = re.compile(r"(?:-{3,}|\*{3,}|_{3,})\s*\Z")
_TABLE_LINE = re.compile(r"\|.*\|\s*\Z")
_TABLE_RULE = re.compile(r"[|:\- ]+\Z")
_TAGS = {"bold": "b", "italic": "i", "slanted": "i", "strike": "s"}

Inline = Callable[[str], Markup]


def mrkdwn_html(text: str, reader: Viewer) -> Markup:
    """A message's or a text object's mrkdwn."""

    def inline(line: str) -> Markup:
        return _inline(line, _MRKDWN, reader)

    return Markup("").join(
        _code_block(part) if fenced else _mrkdwn_lines(part, inline)
        for part, fenced in _fences(text)
    )


def markdown_html(text: str, reader: Viewer) -> Markup:
    """A markdown block's text: headings, lists, tables and the rest that Slack takes."""

    def inline(line: str) -> Markup:
        return _inline(line, _MARKDOWN, reader)

    return Markup("").join(
        _code_block(part) if fenced else _markdown_lines(part, inline)
        for part, fenced in _fences(text)
    )


def plain_html(text: str, *, emoji: bool = True) -> Markup:
    """A plain_text object: nothing in it formats, mentions or links."""
    shown = with_emoji(text) if emoji else text
    return Markup("<br>").join(shown.split("\n"))


def _fences(text: str) -> Iterator[tuple[str, bool]]:
    """(part, is it code) in order; re.split puts each fence's inside at an odd place."""
    for place, part in enumerate(_FENCE.split(text)):
        if part:
            yield part, place % 2 == 1


def _code_block(code: str) -> Markup:
    return Markup("<pre>{}</pre>").format(unescaped(code.strip("\n")))


def _inline(text: str, marks: re.Pattern[str], reader: Viewer) -> Markup:
    shown: list[Markup] = []
    end = 0
    for found in marks.finditer(text):
        shown += [_words(text[end : found.start()]), _marked(found, marks, reader)]
        end = found.end()
    return Markup("").join([*shown, _words(text[end:])])


def _marked(found: re.Match[str], marks: re.Pattern[str], reader: Viewer) -> Markup:
    kind, inside = _kind_of(found)
    match kind:
        case "code":
            return Markup("<code>{}</code>").format(unescaped(inside))
        case "angle":
            return angled(inside, reader)
        case "url":
            return safe_link(unescaped(inside))
        case "label" | "target":
            return safe_link(unescaped(found["target"]), _words(found["label"]))
    tag = _TAGS[kind]
    return Markup("<{0}>{1}</{0}>").format(tag, _inline(inside, marks, reader))


def _kind_of(found: re.Match[str]) -> tuple[str, str]:
    return next((kind, inside) for kind, inside in found.groupdict().items() if inside is not None)


def _words(text: str) -> Markup:
    return escape(with_emoji(unescaped(text)))


def _mrkdwn_lines(text: str, inline: Inline) -> Markup:
    """Slack's mrkdwn knows quotes; bullets are characters that only hang in the margin."""
    shown = []
    for quoted, group in groupby(text.strip("\n").split("\n"), key=_is_quote):
        lines = list(group)
        if quoted:
            inner = Markup("<br>").join(inline(_QUOTE.sub("", line, count=1)) for line in lines)
            shown.append(Markup("<blockquote>{}</blockquote>").format(inner))
        else:
            shown.append(_broken([_item(line, inline) for line in lines]))
    return Markup("").join(shown)


def _is_quote(line: str) -> bool:
    return _QUOTE.match(line) is not None


def _item(line: str, inline: Inline) -> Markup:
    found = _ITEM.match(line)
    if found is None or found["sign"] in "*+":
        return inline(line)
    return Markup('<span class="item">{} {}</span>').format(found["sign"], inline(found["words"]))


def _broken(lines: list[Markup]) -> Markup:
    """Line breaks, except after a hanging item, which is a block of its own."""
    shown = Markup("")
    for place, line in enumerate(lines):
        ends = place + 1 == len(lines) or line.startswith('<span class="item">')
        shown += line if ends else line + Markup("<br>")
    return shown


def _markdown_lines(text: str, inline: Inline) -> Markup:
    shown = []
    for kind, group in groupby(text.strip("\n").split("\n"), key=_line_kind):
        lines = list(group)
        match kind:
            case "heading":
                shown += [_heading(line, inline) for line in lines]
            case "rule":
                shown.append(Markup("<hr>"))
            case "table":
                shown.append(_table(lines, inline))
            case "list":
                shown.append(_list(lines, inline))
            case "quote":
                inner = Markup("<br>").join(inline(_QUOTE.sub("", line, count=1)) for line in lines)
                shown.append(Markup("<blockquote>{}</blockquote>").format(inner))
            case "words":
                shown.append(Markup("<p>{}</p>").format(_broken([inline(one) for one in lines])))
    return Markup("").join(shown)


def _line_kind(line: str) -> str:
    kinds = (
        ("blank", not line.strip()),
        ("heading", _HEADING.match(line)),
        ("rule", _RULE.match(line)),
        ("table", _TABLE_LINE.match(line)),
        ("quote", _is_quote(line)),
        ("list", _ITEM.match(line)),
    )
    return next((kind for kind, fits in kinds if fits), "words")


def _heading(line: str, inline: Inline) -> Markup:
    found = _HEADING.match(line)
    words = found[2] if found else line
    return Markup('<p class="md-heading">{}</p>').format(inline(words))


def _list(lines: list[str], inline: Inline) -> Markup:
    first = _ITEM.match(lines[0])
    tag = "ol" if first and first["sign"][0].isdigit() else "ul"
    items = Markup("").join(
        Markup("<li>{}</li>").format(inline(found["words"]))
        for found in map(_ITEM.match, lines)
        if found
    )
    return Markup("<{0}>{1}</{0}>").format(tag, items)


def _table(lines: list[str], inline: Inline) -> Markup:
    has_head = len(lines) > 1 and _TABLE_RULE.match(lines[1])
    rows = [
        [inline(cell.strip()) for cell in line.strip().strip("|").split("|")]
        for line in lines
        if not _TABLE_RULE.match(line)
    ]
    shown = Markup("")
    for number, row in enumerate(rows):
        tag = "th" if has_head and number == 0 else "td"
        cells = Markup("").join(Markup("<{0}>{1}</{0}>").format(tag, cell) for cell in row)
        shown += Markup("<tr>{}</tr>").format(cells)
    return Markup('<table class="table">{}</table>').format(shown)
