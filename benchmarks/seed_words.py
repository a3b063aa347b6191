"""Sentences for a seeded database, out of five thousand words of which the first are common."""

from dataclasses import dataclass
from itertools import accumulate
from random import Random
from typing import Final

SENTENCES: Final = 20_000
COMMON: Final = ("printer", "vpn", "invoice")
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Sentence:
    text: str
    folded: str
    """Its different words, as the index on SQLite has them."""
    public: str
    """The same as the index on PostgreSQL has what everybody may find."""
    inside: str
    """And what only agents may."""


class Words:
    def __init__(self, draw: Random) -> None:
        made = {"".join(draw.choices(_LETTERS, k=draw.randint(4, 9))) for _ in range(5_000)}
        self.known = [*COMMON, *sorted(made)]
        # Of a ticket's thirty words: the first in a fifth of all tickets, the rest as rare as words are.
        weights = [70.0, 18.0, 7.0, *(1000 / (10 + rank) for rank in range(len(made)))]
        self._weights = list(accumulate(weights))
        self._draw = draw

    def sentences(self, length: int) -> list[Sentence]:
        return [self._sentence(length) for _ in range(SENTENCES)]

    def _sentence(self, length: int) -> Sentence:
        words = self._draw.choices(self.known, cum_weights=self._weights, k=length)
        distinct = list(dict.fromkeys(words))
        public = " ".join(f"'{word}':1A" for word in distinct)
        inside = " ".join(f"'{word}':2D" for word in distinct)
        return Sentence(" ".join(words), " ".join(distinct), public, inside)
