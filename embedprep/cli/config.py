"""Which options does a file give, and how is it told that a wrong one is from there?"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import click
from click.core import ParameterSource

from embedprep.cli.commands import COMMANDS, command_of
from embedprep.cli.spelling import guess
from embedprep.errors import InputError, OutputError
from embedprep.places import is_url, shown
from embedprep.wording import printable


class Several(click.Argument):
    """An argument of any number of values. That none was typed leaves room for those of a file,
    which click before 8.3 would not look at.
    """

    def consume_value(self, ctx: click.Context, opts: Mapping[str, Any]) -> Any:
        typed = {name: value for name, value in opts.items() if name != self.name or value}
        return super().consume_value(ctx, typed)


class _Key(NamedTuple):
    """What a key of the file stands for: a parameter, or the flag that is its opposite."""

    parameter: click.Parameter
    is_opposite: bool = False


class _Chosen(NamedTuple):
    """What the file says of one parameter, and where in it."""

    place: str
    value: Any


class _Config(NamedTuple):
    """What a command has taken from a file, and how that is called: a setting for each name of a
    parameter. Those of `shared` stand before all tables.
    """

    path: str
    file: str
    chosen: dict[str, _Chosen]
    shared: frozenset[str]


_META = f"{__name__}.config"


def config_option() -> click.Option:
    """The option that all commands have. It is dealt with first, whatever else is typed."""
    return click.Option(
        ["--config"],
        type=click.Path(path_type=str),
        metavar="FILE.toml",
        is_eager=True,
        expose_value=False,
        callback=_take,
        help="Take options from this file too. A table [run] is for run alone, and wins over what "
        "stands before all tables; the command line wins over both.",
    )


def keys_of(command: click.Command) -> dict[str, _Key]:
    """The keys that a file may have for a command: the long names of options, and arguments."""
    keys = {}
    for parameter in command.params:
        if isinstance(parameter, click.Argument):
            keys[str(parameter.name).replace("_", "-")] = _Key(parameter)
        elif parameter.callback is not _take:
            long = (name for name in parameter.opts if name.startswith("--"))
            keys |= {name[2:]: _Key(parameter) for name in long}
            keys |= {name[2:]: _Key(parameter, True) for name in parameter.secondary_opts}
    return keys


def _take(ctx: click.Context, _option: click.Parameter, file: str | None) -> None:
    """Make what the file says the defaults of the command."""
    if file is None or ctx.resilient_parsing:
        return
    if is_url(file) or file == "-":
        cause = f"{shown(file)} is no file on a disk"
        raise click.BadParameter(cause, ctx, param_hint="'--config'")
    shared, own = _chosen(_read(file), ctx.command, printable(file))
    chosen = shared | own
    names = frozenset(shared.keys() - own.keys())
    ctx.meta[_META] = _Config(file, printable(file), chosen, names)
    # An empty list is as good as none, and so is a flag that is off, unless there is an opposite.
    off = ((), False)
    ctx.default_map = {
        parameter.name: chosen[parameter.name].value
        for parameter in ctx.command.params
        if parameter.name in chosen
        and (parameter.secondary_opts or chosen[parameter.name].value not in off)
    }


def _read(file: str) -> dict[str, Any]:
    """The tables and keys of a file. Raises InputError where it is no TOML."""
    import tomllib  # it takes 5 ms to import

    data = Path(file).read_bytes()
    try:
        # Numbers are kept as they are written: 0.00001 would come back as 1e-05.
        return tomllib.loads(data.decode("utf-8-sig"), parse_float=str)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(f"{file}:{line}", "is not UTF-8", "save it as UTF-8") from None
    except ValueError as error:
        found = re.search(r" \(at (?:line (\d+), column \d+|end of document)\)$", str(error))
        last = max(1, len(data.splitlines()))
        line = int(found[1] or last) if found else 1
        cause = str(error)[: found.start()] if found else str(error)
        raise InputError(f"{file}:{line}", f"is no TOML: {cause}", 'write key = "value"') from None
    except RecursionError:
        raise InputError(file, "is no list of options: too many brackets in brackets") from None


def _chosen(
    whole: Mapping[str, Any], command: click.Command, file: str
) -> tuple[dict[str, _Chosen], dict[str, _Chosen]]:
    """What a file chooses for a command, before all tables and in its own. All of it must mean
    something for some command.
    """
    tables = {name: table for name, table in whole.items() if isinstance(table, dict)}
    shared = {key: value for key, value in whole.items() if key not in tables}
    of_tables = {}
    for name, table in tables.items():
        if name not in COMMANDS:
            cause = f"there is no such command.{guess(name, COMMANDS)}"
            raise _wrong(file, f"[{printable(name)}]", cause)
        its_keys = keys_of(command if name == command.name else command_of(name))
        for key in table:
            if key not in its_keys:
                cause = f"{name} has no such option.{guess(key, its_keys)}"
                raise _wrong(file, f"[{name}] {printable(key)}", cause)
        of_tables[name] = _settings(table, its_keys, file, f"[{name}] ")
    keys = keys_of(command)
    _check_known((key for key in shared if key not in keys), keys, file)
    of_all = _settings({key: shared[key] for key in shared if key in keys}, keys, file)
    return of_all, of_tables.get(str(command.name), {})


def _check_known(names: Iterable[str], keys: Iterable[str], file: str) -> None:
    """Tell of a key that neither this command nor any other has."""
    for name in names:
        of_others = {key for other in COMMANDS for key in keys_of(command_of(other))}
        if name not in of_others:
            meant = guess(name, keys) or guess(name, sorted(of_others))
            raise _wrong(file, printable(name), f"no command has such an option.{meant}")


def _settings(
    table: Mapping[str, Any], keys: Mapping[str, _Key], file: str, where: str = ""
) -> dict[str, _Chosen]:
    """What keys choose, by the names of their parameters, as a command line would say it."""
    chosen: dict[str, _Chosen] = {}
    for key, value in table.items():
        name, place = str(keys[key].parameter.name), f"{where}{key}"
        if name in chosen:
            raise _wrong(file, place, f"is the same option as {chosen[name].place}")
        chosen[name] = _Chosen(place, _typed(value, keys[key], file, place))
    return chosen


def _typed(value: object, key: _Key, file: str, place: str) -> bool | str | tuple[str, ...]:
    """A value as click has it from a command line, before it is looked at."""
    parameter, is_opposite = key
    if isinstance(parameter, click.Option) and parameter.is_flag:
        if not isinstance(value, bool):
            raise _wrong(file, place, "is on or off: write true or false")
        return value is not is_opposite
    if parameter.multiple or parameter.nargs == -1:
        values = value if isinstance(value, list) else [value]
        return tuple(_text(each, file, place) for each in values)
    return _text(value, file, place)


def _text(value: object, file: str, place: str) -> str:
    """A value as it would be typed."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        kind = {bool: "true or false", list: "a list", dict: "a table"}.get(type(value), "a date")
        raise _wrong(file, place, f"needs a text or a number, not {kind}")
    return str(value)


def _wrong(file: str, place: str, cause: str) -> click.UsageError:
    return click.UsageError(f"{file}: {place}: {cause}", click.get_current_context(silent=True))


def shared_names(ctx: click.Context) -> frozenset[str]:
    """The parameters whose settings come from what a file says to all commands. Where one means
    nothing, it is passed over, unlike what was chosen for this command.
    """
    config: _Config | None = ctx.meta.get(_META)
    source = ParameterSource.DEFAULT_MAP
    names = frozenset[str]() if config is None else config.shared
    return frozenset(name for name in names if ctx.get_parameter_source(name) is source)


_WRITTEN = ("output", "summary", "missing", "map_output")
"""The names of parameters that name what is written."""


def refuse_to_overwrite_config(ctx: click.Context) -> None:
    """Raise OutputError where a command would write into the file that its options are from."""
    config: _Config | None = ctx.meta.get(_META)
    if config is None:
        return
    for name in _WRITTEN:
        written = ctx.params.get(name)
        if written and os.path.exists(written) and os.path.samefile(written, config.path):
            cause = "is the --config, and would be overwritten"
            raise OutputError(config.file, cause, "name another file to write")


def at_its_place(error: click.UsageError, ctx: click.Context) -> click.UsageError:
    """The error, told of the file where what is wrong stands there; else as it is."""
    config: _Config | None = ctx.meta.get(_META)
    if config is None:
        return error
    culprit = getattr(error, "param", None)
    hint = str(getattr(error, "param_hint", None) or "")
    for parameter in ctx.command.params:
        name = str(parameter.name)
        if ctx.get_parameter_source(name) is not ParameterSource.DEFAULT_MAP:
            continue
        place = config.chosen[name].place
        options = "|".join(map(re.escape, (*parameter.opts, *parameter.secondary_opts)))
        named = re.compile(rf"(?<![\w-])({options})(?![\w-])")
        if culprit is parameter or (culprit is None and named.search(hint)):
            return click.UsageError(f"{config.file}: {place}: {error.message}", ctx)
        if culprit is None and isinstance(parameter, click.Option) and named.search(error.message):
            return click.UsageError(f"{config.file}: {error.format_message()}", ctx)
    return error
