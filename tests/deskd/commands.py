"""The commands as a script sees them: arguments in, stdout, stderr and an exit code out."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from deskd.cli.main import main

KEY = "k" * 40


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str

    @property
    def json(self) -> object:
        return json.loads(self.out)


@dataclass(frozen=True)
class Shell:
    """One folder with a deskd.toml and a database."""

    folder: Path
    capture: pytest.CaptureFixture[str]

    @property
    def config(self) -> Path:
        return self.folder / "deskd.toml"

    def write(self, text: str = "") -> None:
        self.config.write_text(f'secret_key = "{KEY}"\n{text}', encoding="utf-8")

    def run(self, *arguments: str) -> Result:
        self.capture.readouterr()
        code = 0
        try:
            main(["--config", str(self.config), *arguments])
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
        said = self.capture.readouterr()
        return Result(code, said.out, said.err)
