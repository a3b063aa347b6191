"""Shapes are a contract: every key says what it means, and is what programs can rely on."""

import json
from datetime import UTC, datetime, timedelta, timezone
from importlib import import_module
from pathlib import Path

import pytest
from pydantic import ValidationError

import api.shapes
from api.shapes.people import PersonShape
from api.shapes.shape import Shape, instant

MODULES = sorted(file.stem for file in Path(str(api.shapes.__file__)).parent.glob("[!_]*.py"))


def shapes(kind: type[Shape] = Shape) -> list[type[Shape]]:
    for name in MODULES:
        import_module(f"api.shapes.{name}")
    own = kind.__subclasses__()
    return [*own, *(below for each in own for below in shapes(each))]


@pytest.mark.parametrize("shape", shapes(), ids=lambda shape: shape.__name__)
def test_every_key_says_what_it_means(shape: type[Shape]) -> None:
    assert shape.model_fields
    silent = [name for name, field in shape.model_fields.items() if not field.description]
    assert silent == []
    assert json.dumps(shape.model_json_schema(mode="serialization")), "REST shows it as it is"


def test_an_instant_is_utc_with_z_whatever_zone_it_came_in() -> None:
    noon = datetime(2026, 3, 12, 12, 0, tzinfo=UTC)
    assert instant(noon) == "2026-03-12T12:00:00Z"
    assert instant(noon.astimezone(timezone(timedelta(hours=5, minutes=45)))) == instant(noon)
    assert instant(noon.replace(microsecond=1200)) == "2026-03-12T12:00:00.001200Z"
    assert instant(None) is None


def test_a_shape_takes_no_key_that_it_does_not_declare_and_is_never_changed() -> None:
    ana = PersonShape(id="1", name="Ana", email=None, slack=None)
    with pytest.raises(ValidationError):
        PersonShape.model_validate({**ana.plain(), "phone": "1"})
    with pytest.raises(ValidationError):
        ana.name = "Ben"  # type: ignore[misc] # - what must not be possible is tried
