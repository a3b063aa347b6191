"""How mail programs quote what they answer: pure functions from a letter to the words below."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import formataddr
from html import escape
from types import MappingProxyType
from typing import Final, Literal

from sandbox.mailbox.letter import ReceivedMail

Style = Literal["gmail", "outlook", "apple", "plain"]


@dataclass(frozen=True)
class Body:
    text: str
    # None: the program sends plain text only.
    html: str | None = None


def answered(letter: ReceivedMail, words: str, style: Style) -> Body:
    """The reply's text and HTML, with the original quoted as that program does."""
    return _STYLES[style](letter, words)


def reply_subject(subject: str, style: Style) -> str:
    prefix = "RE: " if style == "outlook" else "Re: "
    return subject if subject.lower().startswith("re:") else f"{prefix}{subject}"


def html_of(words: str) -> str:
    """Plain words as the HTML a mail program makes of them."""
    return "".join(f"<div>{escape(line) or '<br>'}</div>" for line in words.split("\n"))


def _gmail(letter: ReceivedMail, words: str) -> Body:
    when = f"{_when(letter):%a, %b %d, %Y at %I:%M %p}"
    line = f"On {when} {_who(letter)} wrote:"
    html = (
        f'<div dir="ltr">{html_of(words)}</div><br><div class="gmail_quote gmail_quote_container">'
        f'<div dir="ltr" class="gmail_attr">{escape(line)}<br></div>'
        '<blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;'
        'border-left:1px solid rgb(204,204,204);padding-left:1ex">'
        f"{_original_html(letter)}</blockquote></div>"
    )
    return Body(f"{words}\n\n{line}\n\n{_marked(letter)}\n", html)


def _apple(letter: ReceivedMail, words: str) -> Body:
    line = f"On {_when(letter):%d. %b %Y, at %H:%M}, {_who(letter)} wrote:"
    html = (
        f'<html><body style="overflow-wrap: break-word;">{html_of(words)}'
        f'<div><br><blockquote type="cite"><div>{escape(line)}</div><br>'
        f"{_original_html(letter)}</blockquote></div></body></html>"
    )
    return Body(f"{words}\n\n> {line}\n> \n{_marked(letter)}\n", html)


def _outlook(letter: ReceivedMail, words: str) -> Body:
    """No marks: Outlook puts the old mail below a line, with a block of its headers."""
    block = (
        ("From", _who(letter)),
        ("Sent", f"{_when(letter):%A, %B %d, %Y %I:%M %p}"),
        ("To", "; ".join(letter.to)),
        ("Subject", letter.subject),
    )
    text = "\n".join(f"{name}: {value}" for name, value in block)
    html = "<br>".join(f"<b>{name}:</b> {escape(value)}" for name, value in block)
    return Body(
        f"{words}\n\n{'_' * 32}\n{text}\n\n{letter.text}\n",
        f'<html><body><div class="elementToProof">{html_of(words)}</div>'
        '<div id="appendonsend"></div><hr style="display:inline-block;width:98%" tabindex="-1">'
        f'<div id="divRplyFwdMsg" dir="ltr">{html}<div>&nbsp;</div></div>'
        f"<div>{_original_html(letter)}</div></body></html>",
    )


def _plain(letter: ReceivedMail, words: str) -> Body:
    """As text-only programs do: a short line, then the marked original."""
    return Body(f"{words}\n\n{_who(letter)} wrote:\n{_marked(letter)}\n")


_STYLES: Final[Mapping[Style, Callable[[ReceivedMail, str], Body]]] = MappingProxyType(
    {"gmail": _gmail, "outlook": _outlook, "apple": _apple, "plain": _plain}
)


def _marked(letter: ReceivedMail) -> str:
    """Every line behind a mark; a line quoted before is marked once more."""
    lines = letter.text.rstrip().splitlines()
    return "\n".join(f">{line}" if line.startswith(">") else f"> {line}" for line in lines)


def _original_html(letter: ReceivedMail) -> str:
    return letter.html or html_of(letter.text)


def _who(letter: ReceivedMail) -> str:
    name, address = letter.from_
    return formataddr((name, address)) if name else f"<{address}>"


def _when(letter: ReceivedMail) -> datetime:
    return letter.date or letter.at
