"""Blocks become HTML: all their words can be read, nothing in them can run or load."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from sandbox.base.workspace import texts_in
from sandbox.render.chart import chart_of
from sandbox.render.render import attachments_html, blocks_html, text_html, view_html
from sandbox.render.sheet import FormTarget

FIXTURES = Path(__file__).parents[3].parent / "shared/data/slack/blocks/fixtures/valid"
NAMES = {"U1": "Ana Ruiz", "C1": "desk", "S1": "it-oncall"}
TARGET = FormTarget(
    act_url="/slack/act", id="m1", fields=(("ts", "1.2"),), submit_url="/slack/submit"
)
# What a browser would run or load; none of it may come out of any block.
ACTIVE = {"script", "iframe", "object", "embed", "link", "style", "base", "meta", "math"}


class Reading(HTMLParser):
    """What a person gets from HTML: its words, and the attributes that are read out or shown."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            self.attributes.append((tag, name, value or ""))
            if name in {"placeholder", "aria-label", "alt", "title", "value", "label"}:
                self.words.append(value or "")

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def letters(self) -> str:
        return letters("".join(self.words))


def letters(text: str) -> str:
    """Without white space and the characters that mark bold and italic."""
    return "".join(text.replace("*", "").replace("_", "").split())


def fixtures(*folders: str) -> list[Any]:
    """Every valid fixture of these folders; one that says it was skipped when there are none."""
    found = [path for folder in folders for path in sorted((FIXTURES / folder).glob("*.json"))]
    skipped = pytest.param(None, marks=pytest.mark.skip(reason="../shared/data is not there"))
    return [pytest.param(json.loads(p.read_text()), id=p.stem) for p in found] or [skipped]


def assert_all_text_is_shown(subject: Any, html: str) -> None:
    shown = Reading(html).letters
    for text in texts_in([subject]):
        assert letters(text) in shown


def assert_nothing_runs(html: str) -> None:
    reading = Reading(html)
    assert not ACTIVE & set(reading.tags)
    for tag, name, value in reading.attributes:
        assert not name.startswith("on"), (tag, name)
        assert name != "style", (tag, value)
        if name in {"href", "src", "action", "formaction", "srcset", "xlink:href"}:
            assert value.startswith(("https://", "http://", "mailto:", "/", "data:image/")), value
        if name == "src":
            assert value.startswith("data:image/"), value


@pytest.mark.parametrize("block", fixtures("blocks"))
def test_every_valid_block_is_drawn_with_all_its_words(block: Any) -> None:
    html = blocks_html([block], target=TARGET)
    assert_all_text_is_shown(block, html)
    assert_nothing_runs(html)
    assert "does not draw" not in html


@pytest.mark.parametrize("element", fixtures("elements"))
@pytest.mark.parametrize("target", [None, TARGET])
def test_every_valid_element_is_drawn_where_it_may_stand(
    element: Any, target: FormTarget | None
) -> None:
    label = {"type": "plain_text", "text": "Label"}
    words = {"type": "mrkdwn", "text": "Section"}
    for block in (
        {"type": "actions", "block_id": "a", "elements": [element]},
        {"type": "section", "block_id": "b", "text": words, "accessory": element},
        {"type": "input", "block_id": "c", "label": label, "element": element},
    ):
        html = blocks_html([block], target=target)
        assert_all_text_is_shown(block, html)
        assert_nothing_runs(html)


@pytest.mark.parametrize("part", fixtures("rich_text"))
def test_every_valid_rich_text_is_drawn(part: Any) -> None:
    inside = [part] if part["type"].startswith("rich_text_") else None
    section = {"type": "rich_text_section", "elements": [part]}
    html = blocks_html([{"type": "rich_text", "elements": inside or [section]}])
    known = {"emoji": "👋", "user": "DR36TNNLA", "channel": "C0261C65XNY"}
    assert known.get(part["type"], "") in html
    assert_all_text_is_shown(part, html)


@pytest.mark.parametrize("attachment", fixtures("attachments"))
def test_every_valid_attachment_is_drawn_with_its_bar(attachment: Any) -> None:
    html = attachments_html([attachment])
    assert attachment["color"] in html
    assert_all_text_is_shown(attachment["blocks"], html)


@pytest.mark.parametrize("message", fixtures("messages"))
def test_every_valid_message_is_drawn(message: Any) -> None:
    html = blocks_html(message.get("blocks", [])) + attachments_html(message.get("attachments", []))
    assert_all_text_is_shown([message.get("blocks", []), message.get("attachments", [])], html)


@pytest.mark.parametrize("view", fixtures("views"))
def test_every_valid_view_is_drawn_in_its_frame(view: Any) -> None:
    html = view_html(view, target=TARGET)
    assert_all_text_is_shown(view, html)
    assert ('role="dialog"' in html) == (view["type"] == "modal")


@pytest.mark.parametrize("text", fixtures("objects"))
def test_every_valid_text_object_is_shown(text: Any) -> None:
    if text.get("type") in ("mrkdwn", "plain_text"):
        assert_all_text_is_shown(text, blocks_html([{"type": "section", "text": text}]))
    elif "confirm" in text:
        button = {"type": "button", "text": text["title"], "action_id": "a", "confirm": text}
        block = {"type": "actions", "elements": [button]}
        assert_all_text_is_shown(block, blocks_html([block]))
    else:
        select = {"type": "static_select", "action_id": "a"}
        key = "option_groups" if "label" in text else "options"
        block = {"type": "actions", "elements": [select | {key: [text]}]}
        assert_all_text_is_shown(block, blocks_html([block]))


# mrkdwn


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("*bold* _italic_ ~gone~", "<b>bold</b> <i>italic</i> <s>gone</s>"),
        ("*_both_*", "<b><i>both</i></b>"),
        ("2*3*4 snake_case_name", "2*3*4 snake_case_name"),
        ("* not bold *", "* not bold *"),
        ("`a *b* <c>`", "<code>a *b* &lt;c&gt;</code>"),
        ("a\nb", "a<br>b"),
        ("```x = *1*\n  y```", "<pre>x = *1*\n  y</pre>"),
        ("&gt; said\n&gt; more\nme", "<blockquote>said<br>more</blockquote>me"),
        ("&lt;b&gt; &amp;amp;", "&lt;b&gt; &amp;amp;"),
        ("<@U1> in <#C1|old>", '<span class="mention">@Ana Ruiz</span> in <span class="mention">#desk</span>'),
        ("<@U9>", '<span class="mention">@U9</span>'),
        ("<!here> <!subteam^S1>", '<span class="mention">@here</span> <span class="mention">@it-oncall</span>'),
        (":tada: :no_such_thing:", "🎉 :no_such_thing:"),
        ("10:30:15", "10:30:15"),
        ("• one\n• two", '<span class="item">• one</span><span class="item">• two</span>'),
        (
            "<https://a.test/x?a=1&amp;b=2|*page*>",
            '<a href="https://a.test/x?a=1&amp;b=2" target="_blank" rel="noopener noreferrer">*page*</a>',
        ),
        ("<javascript:alert(1)|click>", "&lt;javascript:alert(1)|click&gt;"),
    ],
)  # fmt: skip
def test_mrkdwn_reads_as_in_slack(text: str, html: str) -> None:
    assert text_html(text, names=NAMES) == html


@pytest.mark.parametrize(
    ("form", "tz", "words"),
    [
        ("{date_num} {time}", "UTC", "2026-11-16 2:05 PM"),
        ("{date_num} {time}", "Europe/Berlin", "2026-11-16 3:05 PM"),
        ("{date_num} {time}", "Asia/Tokyo", "2026-11-16 11:05 PM"),
        ("{date_short_pretty} at {time}", "UTC", "today at 2:05 PM"),
        ("{date_short_pretty}", "Pacific/Kiritimati", "today"),
        ("{date_long}", "UTC", "Monday, November 16th, 2026"),
        ("{ago}", "UTC", "1 hour ago"),
        ("{time}", "No/Such_Zone", "2:05 PM"),
    ],
)
def test_a_date_is_shown_in_the_readers_zone(form: str, tz: str, words: str) -> None:
    at = datetime(2026, 11, 16, 14, 5, tzinfo=UTC)
    now = datetime(2026, 11, 16, 15, 10, tzinfo=UTC)
    html = text_html(f"due <!date^{int(at.timestamp())}^{form}|later>", tz=tz, now=now)
    assert html == f'due <time title="later">{words}</time>'


def test_a_date_that_is_none_falls_back_to_its_words() -> None:
    assert "later" in text_html("<!date^99999999999999^{date}|later>")


def test_the_markdown_block_draws_what_slack_takes() -> None:
    text = (
        "# Title\n\n**bold** and *thin*\n\n- one\n- two\n\n1. first\n\n> quoted\n\n"
        "| a | b |\n|---|---|\n| 1 | 2 |\n\n[page](https://a.test) [no](javascript:x)\n\n---"
    )
    html = blocks_html([{"type": "markdown", "text": text}])
    for piece in (
        '<p class="md-heading">Title</p>',
        "<b>bold</b> and <i>thin</i>",
        "<ul><li>one</li><li>two</li></ul>",
        "<ol><li>first</li></ol>",
        "<blockquote>quoted</blockquote>",
        "<tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr>",
        '<a href="https://a.test"',
        "<hr>",
    ):
        assert piece in html
    assert "javascript" not in html


# Hostile words

HOSTILE = [
    "<script>alert(1)</script>",
    "&lt;img src=x onerror=alert(1)&gt;",
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)",
    "<javascript:alert(1)|x>",
    "<https://a.test/\" onclick=\"x|y>",
    "<https://a.test|<b onclick=x>>",
    "<!date^1^{time}^javascript:alert(1)|<script>>",
    "*<script>*_<b>_~</style>~`<i>`",
    "```</pre><script>```",
    "{{ 7*7 }}{% raw %}",
    "</textarea></select></form><script>",
    "\x00\x1b[31m\u202e",
]  # fmt: skip


def everywhere(text: str) -> Iterator[dict[str, Any]]:
    plain = {"type": "plain_text", "text": text}
    words = {"type": "mrkdwn", "text": text}
    option = {"text": plain, "value": text, "description": plain}
    confirm = {"title": plain, "text": plain, "confirm": plain, "deny": plain}
    yield {"type": "header", "text": plain, "block_id": text}
    yield {"type": "section", "text": words, "fields": [words, plain], "block_id": text}
    picture = {"type": "image", "image_url": text, "alt_text": text}
    yield {"type": "context", "elements": [words, picture]}
    yield {"type": "image", "image_url": text, "alt_text": text, "title": plain}
    yield {"type": "markdown", "text": text}
    yield {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [
        {"type": "text", "text": text}, {"type": "link", "url": text, "text": text},
        {"type": "user", "user_id": text}, {"type": "emoji", "name": text},
        {"type": "date", "timestamp": 1, "format": text, "fallback": text}]}]}  # fmt: skip
    yield {"type": "table", "rows": [[{"type": "raw_text", "text": text}]]}
    chart = {"type": "bar", "series": [{"name": text, "data": [{"label": text, "value": 1}]}]}
    yield {"type": "data_visualization", "title": text, "chart": chart}
    yield {"type": "alert", "text": words, "level": text}
    yield {"type": "card", "title": words, "body": words, "hero_image": {"alt_text": text}}
    yield {"type": "video", "title": plain, "title_url": text, "alt_text": text}
    yield {"type": text}
    for kind in ("overflow", "static_select", "radio_buttons", "checkboxes"):
        element = {"type": kind, "action_id": text, "options": [option], "placeholder": plain}
        yield {"type": "actions", "block_id": text, "elements": [element]}
    button = {"type": "button", "text": plain, "value": text, "action_id": text, "url": text}
    yield {"type": "actions", "elements": [button, button | {"confirm": confirm, "style": text}]}
    for multiline in (True, False):
        box = {"type": "plain_text_input", "initial_value": text, "multiline": multiline}
        yield {"type": "input", "label": plain, "hint": plain, "element": box}


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_stay_words_wherever_they_stand(text: str) -> None:
    target = FormTarget(
        act_url="/slack/act",
        id=text,
        fields=((text, text),),
        submit_url="/s",
        close_url="/c",
        errors={text: text},
    )
    names = {"U1": text}
    for block in everywhere(text):
        assert_nothing_runs(blocks_html([block], names=names, target=target))
    assert_nothing_runs(text_html(text + "<@U1>", names=names))
    assert_nothing_runs(attachments_html([{"color": text, "text": text, "title_link": text}]))
    title = {"type": "plain_text", "text": text}
    assert_nothing_runs(view_html({"type": "modal", "title": title, "blocks": []}, target=target))


def test_a_long_hostile_line_is_drawn_at_once() -> None:
    for unit in ("*a", "_a _", "~", "`", "<", "[a](", "https://", ":a:", "&gt;", "```\n"):
        text_html(unit * 20_000)
        blocks_html([{"type": "markdown", "text": unit * 20_000}])


# Elements


def test_a_press_carries_the_ids_of_its_element() -> None:
    words = {"type": "plain_text", "text": "Claim"}
    button = {"type": "button", "text": words, "action_id": "claim", "value": "v1"}
    html = blocks_html(
        [{"type": "actions", "block_id": "card", "elements": [button]}], target=TARGET
    )
    attributes = Reading(html).attributes
    values = [value for tag, name, value in attributes if (tag, name) == ("button", "value")]
    assert [json.loads(value) for value in values] == [["card", "claim", "v1"]]
    assert 'formaction="/slack/act"' in html
    assert "disabled" not in html


def test_without_a_target_nothing_can_be_pressed() -> None:
    button = {"type": "button", "text": {"type": "plain_text", "text": "Claim"}, "action_id": "x"}
    html = blocks_html([{"type": "actions", "elements": [button]}])
    assert 'type="button" disabled' in html
    assert "formaction" not in html


def test_a_modal_shows_what_was_entered_and_what_is_wrong() -> None:
    title = {"type": "plain_text", "text": "Reply"}
    element = {"type": "plain_text_input", "action_id": "text", "initial_value": "before"}
    blocks = [{"type": "input", "block_id": "words", "label": title, "element": element}]
    view = {"type": "modal", "title": title, "submit": title, "blocks": blocks}
    assert 'value="before"' in view_html(view, target=TARGET)
    filled = FormTarget(
        act_url="/a",
        id="v",
        values={"words": {"text": {"type": "plain_text_input", "value": "typed"}}},
        errors={"words": "too short"},
    )
    html = view_html(view, target=filled)
    assert 'value="typed"' in html
    assert "tooshort" in Reading(html).letters


def test_a_choice_made_wins_over_the_first_one() -> None:
    options = [{"text": {"type": "plain_text", "text": v}, "value": v} for v in ("P1", "P2")]
    chosen_first = {"options": options, "initial_option": options[0]}
    element = {"type": "static_select", "action_id": "p"} | chosen_first
    block = {"type": "actions", "block_id": "b", "elements": [element]}
    assert '<option value="P1" selected>' in blocks_html([block], target=TARGET)
    chosen = {"b": {"p": {"type": "static_select", "selected_option": options[1]}}}
    html = blocks_html([block], target=FormTarget(act_url="/a", id="m", values=chosen))
    assert '<option value="P2" selected>' in html
    assert '<option value="P1" selected>' not in html


def test_people_are_offered_by_the_workspace() -> None:
    element = {"type": "users_select", "action_id": "who", "initial_user": "U1"}
    target = FormTarget(act_url="/a", id="m", people=(("U1", "Ana"), ("U2", "Ben")))
    html = blocks_html([{"type": "actions", "elements": [element]}], target=target)
    assert '<option value="U1" selected>Ana</option>' in html
    assert '<option value="U2">Ben</option>' in html


# Charts


def test_bars_are_as_high_as_their_figures() -> None:
    series = [{"name": "s", "data": [{"label": "a", "value": 50}, {"label": "b", "value": 100}]}]
    chart = chart_of({"type": "bar", "series": series})
    low, high = chart.marks
    assert high.height == pytest.approx(2 * low.height)
    assert low.y + low.height == pytest.approx(high.y + high.height)
    assert [words for _, words in chart.categories] == ["a", "b"]


def test_slices_share_the_circle_and_say_their_part() -> None:
    segments = [{"label": "a", "value": 1}, {"label": "b", "value": 3}]
    chart = chart_of({"type": "pie", "segments": segments})
    assert [mark.words for mark in chart.marks] == ["a: 1 (25%)", "b: 3 (75%)"]
    assert " 0 1 1 " in chart.marks[1].path


def test_what_is_counted_has_no_lines_between_whole_numbers() -> None:
    for most, lines in ((1, ["0", "1"]), (3, ["0", "1", "2", "3"])):
        series = [{"name": "Opened", "data": [{"label": "Mon", "value": most}]}]
        chart = chart_of({"type": "bar", "series": series})
        assert [words for _, words in chart.grid] == lines


@pytest.mark.parametrize("chart", [{}, {"type": "pie"}, {"type": "bar", "series": []},
    {"type": "line", "series": [{"name": "s", "data": []}]},
    {"type": "area", "series": [{"name": "s", "data": [{"label": "a", "value": -5}]}]}])  # fmt: skip
def test_a_chart_with_little_in_it_is_drawn_all_the_same(chart: dict[str, Any]) -> None:
    assert "<svg" in blocks_html([{"type": "data_visualization", "title": "t", "chart": chart}])
