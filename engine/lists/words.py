"""Words as they are looked up: folded once, here, for both databases.

NFKD and casefold make "Straße", "STRASSE" and "strasse" one word, and take the marks off letters. What is neither
letter nor digit parts words. No stemming: one of the two databases can not, and they would give two answers.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from engine.tickets.errors import Refused

PREFIX_MIN: Final = 3
"""Letters before a star: fewer fit half of all words, and cost seconds among a million tickets."""
WORD_MAX: Final = 64
"""Letters of a word that are kept: what is longer is no word but data."""
TERMS_MAX: Final = 10
"""Words of one question."""


@dataclass(frozen=True, slots=True)
class Term:
    word: str
    is_prefix: bool = False


def fold(text: str) -> Iterator[str]:
    """The words of a text, in their order."""
    letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    word: list[str] = []
    for letter in letters:
        if letter.isalnum():
            word.append(letter)
        elif word and not unicodedata.combining(letter):
            yield _cut(word)
            word = []
    if word:
        yield _cut(word)


def _cut(letters: list[str]) -> str:
    return "".join(letters[:WORD_MAX])


def terms_of(text: str) -> tuple[Term, ...]:
    """What a person typed; `print*` is the beginning of a word. Raises Refused when nothing can be looked up."""
    terms: dict[Term, None] = {}
    for part in text.split():
        words = list(fold(part))
        for word in words:
            begins = part.endswith("*") and word is words[-1]
            if begins and len(word) < PREFIX_MIN:
                raise Refused("prefix_short", word=word, least=PREFIX_MIN)
            terms[Term(word, begins)] = None
    if not terms:
        raise Refused("no_words")
    if len(terms) > TERMS_MAX:
        raise Refused("many_words", most=TERMS_MAX)
    return tuple(terms)
