"""The right of the page: employees' mailboxes as a mail program shows them, and what they send."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import nh3
from aiohttp import web

from sandbox.mailbox.letter import MailFile, ReceivedMail
from sandbox.mailbox.links import MailAction, action_of
from sandbox.mailbox.mailbox import Mailboxes, Thread
from sandbox.mailbox.person import MailPerson, NotSent, reply_draft
from sandbox.page.acts import Form
from sandbox.page.place import Place
from sandbox.page.workspace_pane import initials, tone
from sandbox.render.words import clock_words, zone

# A mail program lists what fits; older threads stay in the mailbox.
THREADS_SHOWN = 100
# What the compose window takes: more is no test of a desk, and the page is one request.
TEXT_CHARS_MAX = 200_000
ATTACHMENTS_MAX = 10
SNIPPET_CHARS = 90
# A mail's own styles are shown; scripts, forms and frames are not among the tags.
_TAGS = nh3.ALLOWED_TAGS | {"style", "font", "section", "main", "header", "footer"}
_ATTRIBUTES = {
    "*": {"style", "class", "dir", "lang", "role", "align", "valign", "width", "height", "bgcolor"},
    "a": {"href", "title", "target"},
    "img": {"src", "alt"},
    "table": {"cellpadding", "cellspacing", "border"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "font": {"color", "size", "face"},
}
_LINK_HERE = re.compile(r'<a (?=[^>]*href="/\?)([^>]*)target="_blank"')
_WORDS_OF_HTML = re.compile(r"<(?:style|title)\b.*?</(?:style|title)>|<[^>]*>", re.DOTALL | re.I)


@dataclass(frozen=True)
class Box:
    address: str
    name: str
    initials: str
    tone: int
    unread: int


@dataclass(frozen=True)
class Compose:
    """What the compose window starts with."""

    to: str = ""
    subject: str = ""
    text: str = ""
    # True: the template puts an example there.
    example: bool = False


@dataclass(frozen=True)
class Postroom:
    """The mailboxes as one reader at one place sees them. Opening a thread marks it read."""

    mailbox: Mailboxes
    place: Place
    now: datetime
    # Address -> time zone, for those who are known elsewhere, too.
    zones: Mapping[str, str] = field(default_factory=dict)

    def boxes(self) -> list[Box]:
        return [
            Box(
                one,
                self.mailbox.name_of(one) or one,
                initials(self.mailbox.name_of(one) or one),
                tone(one),
                self.mailbox.unread_count(one),
            )
            for one in self.mailbox.addresses()
        ]

    @property
    def box(self) -> str:
        """Whose mailbox is open: the one in the address, or the first."""
        addresses = self.mailbox.addresses()
        return self.place.box if self.place.box in addresses else next(iter(addresses), "")

    def threads(self) -> list[Thread]:
        return self.mailbox.threads(self.box)[:THREADS_SHOWN]

    def open_thread(self) -> Thread | None:
        """The one in the address; a thread keeps its place by any of its letters."""
        wanted = self.place.mail
        found = next(
            (one for one in self.mailbox.threads(self.box) if wanted in map(_number, one.letters)),
            None,
        )
        if found is not None:
            self.mailbox.mark_read(found)
        return found

    def compose(self, desk_address: str) -> Compose | None:
        """The window for a new mail: asked for, prepared by a link, or because nothing is open."""
        action = self._action()
        if action is not None:
            return Compose(action.to, action.subject, action.body)
        if self.place.compose or not self.place.mail:
            return Compose(to=desk_address, example=True)
        return None

    def _action(self) -> MailAction | None:
        letter_number, _, action_number = self.place.compose.partition(".")
        letter = self.letter(letter_number)
        if letter is None or not action_number.isdigit():
            return None
        return next(iter(letter.actions[int(action_number) :]), None)

    def letter(self, number: str) -> ReceivedMail | None:
        return self.mailbox.letter(int(number)) if number.isdigit() else None

    def when(self, letter: ReceivedMail) -> str:
        """In the zone of whose mailbox it is."""
        own = zone(self.zones.get(self.box, "UTC"))
        at = letter.at.astimezone(own)
        same_day = at.date() == self.now.astimezone(own).date()
        return clock_words(at) if same_day else f"{at:%d %b}, {clock_words(at)}"

    def author(self, letter: ReceivedMail) -> str:
        name, address = letter.from_
        return name or address

    def snippet(self, letter: ReceivedMail) -> str:
        words = letter.text or _WORDS_OF_HTML.sub(" ", letter.html)
        return " ".join(words.split())[:SNIPPET_CHARS]

    def tone(self, key: str) -> int:
        return tone(key)

    def initials(self, name: str) -> str:
        return initials(name)

    def shows_html(self, letter: ReceivedMail) -> bool:
        return bool(letter.html) and self.place.part != "text"


def letter_html(letter: ReceivedMail, place: Place) -> str:
    """The HTML part made harmless; its `mailto:` links open the page's own compose window."""
    links = {(one.to, one.subject, one.body): n for n, one in enumerate(letter.actions)}

    def filtered(tag: str, name: str, value: str) -> str | None:
        if name == "src" and not value.startswith("data:image/"):
            return None  # shown by its words: nothing is loaded from the web
        if (tag, name) != ("a", "href"):
            return value
        action = action_of(value)
        number = links.get((action.to, action.subject, action.body)) if action else None
        return value if number is None else place.to(compose=f"{letter.number}.{number}").url

    clean = nh3.clean(
        letter.html,
        tags=set(_TAGS),
        clean_content_tags={"script", "title"},
        attributes=_ATTRIBUTES,
        attribute_filter=filtered,
        url_schemes={"http", "https", "mailto", "data"},
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )
    return _LINK_HERE.sub(r'<a \1target="_top"', clean)


@dataclass(frozen=True)
class MailActs:
    """What a person at the mailboxes does; each gives the place to show next and a refusal."""

    mailbox: Mailboxes

    async def send(self, place: Place, form: Form) -> tuple[Place, str]:
        person = self._person(place)
        if person is None:
            return place, "no_mailbox"
        try:
            message_id = await person.compose(
                _line(form, "to"),
                _line(form, "subject"),
                _text(form),
                attachments=_attachments(form),
            )
        except NotSent as refused:
            return place, str(refused)
        return self._at(person, message_id, place), ""

    async def reply(self, place: Place, form: Form) -> tuple[Place, str]:
        person = self._person(place)
        number = _line(form, "letter")
        letter = self.mailbox.letter(int(number)) if number.isdigit() else None
        if person is None or letter is None or not _text(form).strip():
            return place, ""
        try:
            message_id = await person.send(reply_draft(letter, _text(form)))
        except NotSent as refused:
            return place, str(refused)
        return self._at(person, message_id, place), ""

    def _person(self, place: Place) -> MailPerson | None:
        known = self.mailbox.addresses()
        address = place.box if place.box in known else next(iter(known), "")
        return self.mailbox.person(address) if address else None

    def _at(self, person: MailPerson, message_id: str, place: Place) -> Place:
        """The thread that now holds what was sent."""
        box = person.address.lower()
        sent = [one for one in self.mailbox.letters(box) if one.message_id == message_id]
        return place.to(box=box, mail=sent[-1].number if sent else "", compose="")


def _number(letter: ReceivedMail) -> str:
    return str(letter.number)


def _line(form: Form, name: str) -> str:
    value = form.get(name, "")
    return " ".join(value.split())[:TEXT_CHARS_MAX] if isinstance(value, str) else ""


def _text(form: Form) -> str:
    value = form.get("text", "")
    return value.replace("\r\n", "\n")[:TEXT_CHARS_MAX] if isinstance(value, str) else ""


def _attachments(form: Form) -> Sequence[MailFile]:
    files = [one for one in form.getall("files", []) if isinstance(one, web.FileField)]
    return [
        MailFile(one.filename, one.content_type or "application/octet-stream", one.file.read())
        for one in files[:ATTACHMENTS_MAX]
        if one.filename
    ]
