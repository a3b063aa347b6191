"""`deskd config check | show`."""

import typer

from deskd.base.errors import BadSettings
from deskd.base.terminal import clean, show, show_json, table
from deskd.cli.global_options import Json, given

app = typer.Typer(no_args_is_help=True, help="Check the settings, and show where each comes from.")


@app.command()
def check(context: typer.Context, *, as_json: Json = False) -> None:
    """Check the settings: file, line and the likely right name of every mistake; exit 2 when there is one."""
    from api.shapes.checks import SettingsCheckShape
    from deskd.settings.settings import MAKE_A_KEY

    try:
        loaded = given(context).load()
    except BadSettings as bad:
        if as_json:
            show_json(SettingsCheckShape(ok=False, problems=bad.problems, warnings=[]).plain())
        raise
    if as_json:
        show_json(SettingsCheckShape(ok=True, problems=[], warnings=loaded.warnings).plain())
        return
    show(f"{loaded.file or 'no file: defaults and environment'}: ok")
    for warning in loaded.warnings:
        show(f"warning: {clean(warning)}")
    if loaded.settings.secret_key is None:
        show(f"note: `deskd run` needs secret_key; make one with: {MAKE_A_KEY}")


@app.command("show")
def show_(context: typer.Context, *, as_json: Json = False) -> None:
    """Show every setting and where it comes from; secrets are masked."""
    from api.shapes.checks import SettingShape
    from deskd.config.show import shown

    rows = shown(given(context).load())
    if as_json:
        show_json(
            {row.name: SettingShape(value=row.value, source=row.origin).plain() for row in rows}
        )
    else:
        table(
            ("SETTING", "VALUE", "FROM"), [(row.name, _text(row.value), row.origin) for row in rows]
        )


def _text(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(value)
    return "off" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
