"""Fixtures of the stand-ins' tests."""

from collections.abc import AsyncIterator

import pytest

from tests.sandbox.slack_stage import Stage, open_stage


@pytest.fixture
async def slack_stage() -> AsyncIterator[Stage]:
    async with open_stage() as stage:
        yield stage
