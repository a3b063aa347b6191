"""Words are folded alike wherever they come from, and what can not be looked up is refused with the reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.lists.words import TERMS_MAX, WORD_MAX, Term, fold, terms_of
from engine.tickets.errors import Refused


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The printer, on floor-3!", ["the", "printer", "on", "floor", "3"]),
        ("Straße STRASSE", ["strasse", "strasse"]),
        ("Zoë's café", ["zoe", "s", "cafe"]),
        ("ﬁle № 5", ["file", "no", "5"]),
        ("Příliš ŽLUŤOUČKÝ", ["prilis", "zlutoucky"]),
        ("مرحبا بالعالم", ["مرحبا", "بالعالم"]),
        ("打印机 坏了", ["打印机", "坏了"]),
        ("  \0\ud800  ", []),
        ("x" * 500, ["x" * WORD_MAX]),
    ],
)
def test_a_text_is_folded_to_its_words(text: str, words: list[str]) -> None:
    assert list(fold(text)) == words


@given(st.text())
def test_what_was_folded_folds_to_itself(text: str) -> None:
    words = list(fold(text))
    assert list(fold(" ".join(words))) == words
    assert all(word and word.isalnum() for word in words)


@pytest.mark.parametrize(
    ("typed", "terms"),
    [
        ("printer floor", (Term("printer"), Term("floor"))),
        ("Printer printer", (Term("printer"),)),
        ("prin*", (Term("prin", is_prefix=True),)),
        ("vpn-gate*", (Term("vpn"), Term("gate", is_prefix=True))),
        ("a b", (Term("a"), Term("b"))),
    ],
)
def test_what_is_typed_is_read(typed: str, terms: tuple[Term, ...]) -> None:
    assert terms_of(typed) == terms


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "no_words"),
        ("* !", "no_words"),
        ("pr*", "prefix_short"),
        (" ".join(f"w{n}" for n in range(TERMS_MAX + 1)), "many_words"),
    ],
)
def test_what_can_not_be_looked_up_is_refused(typed: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        terms_of(typed)
    assert refused.value.code == code
