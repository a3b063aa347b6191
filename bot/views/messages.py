"""A Tell as a Slack message: its sentence, and under it the words of a person. Pure."""

from bot.views import blocks
from bot.views.blocks import SlackMessage
from bot.views.reports import report_message
from bot.views.text import mrkdwn
from bot.views.words import brief_rows, refused_files, sentence
from engine.reports import report_json
from engine.tickets.effects import Tell


def told(tell: Tell, words: str | None) -> SlackMessage:
    """`words`: those of the comment or the note it points to."""
    if tell.template == "report":
        return report_message(report_json.read(tell.facts))
    files = refused_files(tell.facts)
    heading = sentence(
        tell.template, {**tell.facts, **brief_rows(tell.facts), "refused_files": files}
    )
    if not words:
        return blocks.said(heading, blocks.sections(heading))
    parts = [blocks.section(heading), blocks.quote(words)]
    if len(words) > blocks.QUOTE_TEXT:
        parts.append(blocks.context(sentence("words_cut", {"ticket": tell.facts["ticket"]})))
    return blocks.said(f"{heading}\n{mrkdwn(words)}", parts)
