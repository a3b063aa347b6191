"""Whether words are a bare thank-you, which wakes no ticket. In doubt they are not: a person then looks at them."""

import re
from typing import Final

LENGTH_MAX: Final = 120
"""Longer words may hold more than thanks."""


def _phrases(text: str) -> frozenset[str]:
    return frozenset(" ".join(phrase.split()) for phrase in text.split("|"))


_THANKS: Final = _phrases(
    """
    thanks | thank you | many thanks | thanks a lot | thanks again | thank you again | thanks so much
    | thanks very much | thank you so much | thank you very much | thanks for your help
    | thank you for your help | thanks for the help | thanks for the quick help | thx | ty | cheers
    | thank you for the quick help | thanks for the quick reply | much appreciated
    | danke | danke dir | danke ihnen | danke schön | dankeschön | danke sehr | vielen dank
    | herzlichen dank | besten dank | merci | merci beaucoup | gracias | muchas gracias
    | obrigado | obrigada | muito obrigado | muito obrigada | grazie | grazie mille | mille grazie
    | bedankt | dank je | dank u | dank je wel | dank u wel | tack | tack så mycket | takk | tak
    | dzięki | dziękuję | děkuji | kiitos
    | works | it works | that works | works now | it works now | that works now | works again
    | it works again | that worked | works fine | works fine now | works great | all good
    | all good now | great | perfect | super | awesome | wonderful | got it | ok | okay | solved
    | that solved it | that did it | that fixed it | 👍 | 🙏 | ❤️ | 🎉
    """
)
_OPENERS: Final = _phrases("hi|hello|hey|dear|hallo|liebe|lieber|bonjour|hola|ciao")
_CLOSERS: Final = _phrases(
    "best|kind regards|best regards|warm regards|regards|best wishes|viele grüße|lg|mfg|br|cheers"
)
_PIECES: Final = re.compile(r"[.!,;:\n]+| - ")
_QUOTE: Final = re.compile(
    r"^(?:>|-{2,} ?(?:original message|forwarded)|_{10,}|from: |.{1,200} (?:wrote|schrieb|a écrit) ?:$)",
    re.IGNORECASE,
)
_NAME_WORDS: Final = 2  # a first and a last name under the thanks


def is_thanks(text: str) -> bool:
    """Above any quoted text, every piece is thanks, a greeting, a closing line, or at the end a name."""
    words = _above_quote(text)
    if not words or len(words) > LENGTH_MAX or "?" in words:
        return False
    pieces = [piece for piece in (_plain(piece) for piece in _PIECES.split(words)) if piece]
    if not any(piece in _THANKS for piece in pieces):
        return False
    *body, last = pieces
    may_be_a_name = any(piece in _THANKS for piece in body) and len(last.split()) <= _NAME_WORDS
    return (_is_polite(last) or may_be_a_name) and all(_is_polite(piece) for piece in body)


def _above_quote(text: str) -> str:
    lines: list[str] = []
    for line in text.strip().splitlines():
        if _QUOTE.match(line.strip()) or line.rstrip() == "--":
            break
        lines.append(line)
    return "\n".join(lines).strip()


def _plain(piece: str) -> str:
    return " ".join(piece.split()).casefold()


def _is_polite(piece: str) -> bool:
    return piece in _THANKS or piece in _CLOSERS or piece.split(maxsplit=1)[0] in _OPENERS
