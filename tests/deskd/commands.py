"""The commands as a script sees them: arguments in, stdout, stderr and an exit code out."""

import asyncio
import json
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from deskd.cli.global_options import GlobalOptions
from deskd.cli.main import main
from tests.clock import ManualClock

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
    clock: ManualClock = field(default_factory=ManualClock)
    """Of every command: a second passes before each, and nothing depends on the hour at which tests run."""

    @property
    def config(self) -> Path:
        return self.folder / "deskd.toml"

    def write(self, text: str = "") -> None:
        self.config.write_text(f'secret_key = "{KEY}"\n{text}', encoding="utf-8")

    def run(self, *arguments: str) -> Result:
        self.capture.readouterr()
        asyncio.run(self.clock.forward(seconds=1))
        code = 0
        try:
            main(["--config", str(self.config), *arguments], GlobalOptions(clock=self.clock))
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
        said = self.capture.readouterr()
        return Result(code, said.out, said.err)
