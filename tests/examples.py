"""On how many examples a property is tried: always the same ones, so that a run passes or fails by what was changed.

`make explore` tries other ones each time, and more of them.
"""

import os
from typing import Any, Final

from hypothesis import settings

EXPLORING: Final = bool(os.environ.get("DESKD_TEST_EXPLORE"))
MORE: Final = 10
"""Times as many, exploring."""


def examples(count: int, **more: Any) -> settings:
    return settings(max_examples=count * MORE if EXPLORING else count, **more)


# How long an example takes is a matter of the machine, and no promise of the code.
settings.register_profile("same", settings(deadline=None, derandomize=True), max_examples=100)
settings.register_profile("exploring", settings(deadline=None), max_examples=100 * MORE)
settings.load_profile("exploring" if EXPLORING else "same")
