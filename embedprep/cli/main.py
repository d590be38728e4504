"""What happens between the shell and a command? Signals, errors and exit statuses."""

from __future__ import annotations

import gc
import os
import signal
import sys
from contextlib import suppress
from importlib import import_module
from types import FrameType
from typing import NoReturn

import click

from embedprep import __version__
from embedprep.cli.stdout import ReaderGone
from embedprep.errors import EmbedprepError

INTERRUPTED = 130
TERMINATED = 143
BROKEN_PIPE = 141


_COMMANDS = {
    "run": ("build", "Sentences in, a padded index tensor and its vocabulary out."),
    "vocab": ("build", "The vocabulary of a text alone."),
    "encode": ("build", "More text as rows, by a saved vocabulary."),
    "decode": ("decode", "Rows of indices back as sentences."),
}
"""Each command's module and short help, in the order of use."""


class _LazyGroup(click.Group):
    """A group whose commands are imported when they are called; their help need not be."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's name
        return list(_COMMANDS)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's name
        cmd_name: str,
    ) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = import_module(f"embedprep.cli.{_COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, cmd_name)
        return command

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's name
        formatter: click.HelpFormatter,
    ) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, short) for name, (_, short) in _COMMANDS.items()])


@click.group(
    cls=_LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="embedprep")
def cli() -> None:
    """Text in, padded index tensors for an embedding layer out.

    \b
    embedprep run reviews.txt -o out/
    embedprep encode test.txt --vocab out/vocab.json -o test.npy
    """


class _Terminated(BaseException):
    """SIGTERM came."""


def _terminate(_number: int, _frame: FrameType | None) -> NoReturn:
    raise _Terminated


def main() -> NoReturn:
    """Run the command line and exit: 0 done, 1 failed, 2 wrong usage, 130 and 143 interrupted."""
    # No command multiplies matrices; the threads that would do it take memory and time to start.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Arrays are freed with their last reference; to look for cycles takes a tenth of the start.
    gc.disable()
    status = 0
    try:
        signal.signal(signal.SIGTERM, _terminate)
        status = cli.main(prog_name="embedprep", standalone_mode=False) or 0
    except click.ClickException as error:
        error.show()
        status = error.exit_code
    except EmbedprepError as error:
        _say(str(error))
        status = error.exit_status
    except (KeyboardInterrupt, click.Abort):
        _say("interrupted")
        status = INTERRUPTED
    except _Terminated:
        _say("terminated")
        status = TERMINATED
    except ReaderGone:
        status = BROKEN_PIPE
    except OSError as error:
        _say(f"{error.filename or 'the system'}: {error.strerror or error}")
        status = 1
    except MemoryError:
        _say("memory ran out; choose fewer --jobs, or a smaller --max-words")
        status = 1
    _leave(status)


def _leave(status: int) -> NoReturn:
    """Exit at once: to take NumPy's modules down first costs as much time as a small text does.

    Contexts have closed every file and thread by now, and what went to stdout was flushed.
    """
    with suppress(OSError, ValueError):
        sys.stderr.flush()
    os._exit(status)


def _say(message: str) -> None:
    click.echo(f"embedprep: {message}", err=True)
