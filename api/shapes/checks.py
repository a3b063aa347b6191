"""What an operator asks of an installation: checks, settings, the schema's revisions."""

from collections.abc import Sequence

from pydantic import Field

from api.shapes.shape import Shape


class FindingShape(Shape):
    code: str = Field(description="Which promise is broken.")
    text: str = Field(description="Where and how.")


class FindingsShape(Shape):
    ok: bool = Field(description="Nothing was found.")
    findings: list[FindingShape] = Field(description="All of them.")


class SettingsCheckShape(Shape):
    ok: bool = Field(description="The daemon would start.")
    problems: Sequence[str] = Field(description="What is wrong, with file and line.")
    warnings: Sequence[str] = Field(description="What is doubtful.")


class SettingShape(Shape):
    value: str | int | bool | list[str] | None = Field(description="Secrets are masked.")
    source: str = Field(serialization_alias="from", description="File and line, variable, default.")


class RevisionShape(Shape):
    id: str = Field(description="Of the schema.")
    description: str = Field(description="What it brought.")
    applied: bool = Field(description="The database has it.")


def revision(id: str, description: str, *, applied: bool) -> RevisionShape:
    return RevisionShape(id=id, description=description, applied=applied)
