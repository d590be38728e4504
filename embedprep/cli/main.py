"""What happens between the shell and a command? Signals, errors and exit statuses."""

from __future__ import annotations

import _thread
import gc
import os
import signal
import sys
import time
from contextlib import suppress
from importlib import import_module
from types import FrameType, TracebackType
from typing import NoReturn

import click

from embedprep import __version__
from embedprep.cli.commands import COMPLETION, HELP_NAMES, Commands
from embedprep.cli.stdout import ReaderGone
from embedprep.endings import ENDINGS, heard
from embedprep.errors import EmbedprepError
from embedprep.wording import printable

BROKEN_PIPE = 141


@click.group(
    cls=Commands,
    epilog="embedprep COMMAND --help tells of the options of one.",
    context_settings={"help_option_names": HELP_NAMES, "max_content_width": 100},
)
@click.version_option(__version__, prog_name="embedprep")
def cli() -> None:
    """Text in, padded index tensors for an embedding layer out.

    \b
    embedprep run reviews.txt -o out/
    embedprep encode test.txt --vocab out/vocab.json -o test.npy
    """


_ended_by: list[int] = []
"""The signals that came and ask to end."""


class _Terminated(BaseException):
    """SIGTERM came."""


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    _ended_by.append(number)
    raise KeyboardInterrupt if number == signal.SIGINT else _Terminated


def _end_again(ignored: sys.UnraisableHookArgs) -> None:
    """Have a signal come again whose exception Python ignored.

    It does where a signal strikes one of its own callbacks, such as the one at the end of an
    import. The signal waits until this one is left.
    """
    if not _is_to_come_again(ignored.exc_value):
        sys.__unraisablehook__(ignored)


def _end_again_unprinted(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    """The same where a module in C prints the exception, and raises another in its place.

    Those of NumPy do while they are imported (`import_array`).
    """
    if not _is_to_come_again(error):
        sys.__excepthook__(kind, error, traceback)


def _is_to_come_again(error: BaseException | None) -> bool:
    """Whether an exception is that of a signal, which then comes again."""
    is_of_signal = isinstance(error, KeyboardInterrupt | _Terminated) and bool(_ended_by)
    if is_of_signal:
        _thread.start_new_thread(_send_soon, (_ended_by[0],))
    return is_of_signal


def _send_soon(number: int) -> None:
    time.sleep(0.001)
    os.kill(os.getpid(), number)


def _let_signals_pass() -> None:
    """Do nothing more at a signal: what it would end is over, and is being told of."""
    for number in heard():
        signal.signal(number, lambda _number, _frame: None)


def main() -> NoReturn:
    """Run the command line and exit.

    The status is 0 if it is done, 1 failed, 2 wrongly used, 3 if a gate failed or outputs differ,
    130 and 143 ended by a signal, 141 if nobody reads what it says.
    """
    # No command multiplies matrices; the threads that would do it take memory and time to start.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Arrays are freed with their last reference; to look for cycles takes a tenth of the start.
    gc.disable()
    for number in heard():
        signal.signal(number, _end)
    sys.unraisablehook = _end_again
    sys.excepthook = _end_again_unprinted
    try:
        try:
            if COMPLETION in os.environ:
                import_module("embedprep.cli.completion")
            status = cli.main(prog_name="embedprep", standalone_mode=False) or 0
        finally:
            _let_signals_pass()
    except BaseException as error:  # noqa: BLE001 - what is no error of the user's is raised again
        status = _tell(error)
    _leave(status)


def _tell(error: BaseException) -> int:
    """Say what ended the command, and give the exit status for it. Raises a bug again."""
    # Python makes another error of a signal that strikes an import or a class in the making.
    is_ended = bool(_ended_by) and isinstance(error, Exception)
    if is_ended or isinstance(error, KeyboardInterrupt | click.Abort | _Terminated):
        message, status = ENDINGS[_ended_by[0] if _ended_by else signal.SIGINT]
    elif isinstance(error, click.ClickException):
        with suppress(OSError):
            error.show()
        return error.exit_code
    elif isinstance(error, EmbedprepError):
        message, status = str(error), error.exit_status
    elif isinstance(error, ReaderGone) or _is_help_unread(error):
        return BROKEN_PIPE
    elif isinstance(error, OSError):
        message, status = f"{error.filename or 'the system'}: {error.strerror or error}", 1
    elif isinstance(error, MemoryError):
        message, status = "memory ran out; choose fewer --jobs, or a smaller --max-words", 1
    elif isinstance(error, SystemExit) and isinstance(error.code, int):
        return error.code  # a shell was told what can be completed
    else:
        raise error
    with suppress(OSError):  # nobody can be told that stderr is full
        click.echo(f"embedprep: {printable(message)}", err=True)
    return status


def _is_help_unread(error: BaseException) -> bool:
    """Where nobody reads its help, click puts another stdout in place and exits."""
    return isinstance(error, SystemExit) and sys.stdout is not sys.__stdout__


def _leave(status: int) -> NoReturn:
    """Exit at once: to take NumPy's modules down first costs as much time as a small text does.

    Contexts have closed by now what was written, and what went to stdout was flushed. A thread that
    still waits for input ends with the process.
    """
    try:
        if sys.stderr is not None:
            sys.stderr.flush()
    finally:
        os._exit(status)
