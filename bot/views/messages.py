"""A message as Slack shows it: its sentence, and under it the words of a person. Pure."""

from bot.views import blocks
from bot.views.blocks import SlackMessage
from bot.views.reports import report_message
from bot.views.text import mrkdwn
from bot.views.words import message_sentence, sentence
from engine.messages.digests import ReportDigest
from engine.messages.message import Message


def told(message: Message, words: str | None, *, ticket: int | None = None) -> SlackMessage:
    """`words`: those of the comment or the note it points to, on `ticket`."""
    if isinstance(message, ReportDigest):
        return report_message(message)
    heading = message_sentence(message)
    if not words:
        return blocks.said(heading, blocks.sections(heading))
    parts = [blocks.section(heading), blocks.quote(words)]
    if len(words) > blocks.QUOTE_TEXT:
        parts.append(blocks.context(sentence("words_cut", {"ticket": f"T-{ticket}"})))
    return blocks.said(f"{heading}\n{mrkdwn(words)}", parts)
