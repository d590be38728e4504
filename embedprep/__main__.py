"""`python -m embedprep` is `embedprep`: it hears signals before it imports what takes time."""

from __future__ import annotations

from embedprep.endings import end_at_once

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


def main() -> NoReturn:
    """Run the command line and exit."""
    end_at_once()
    from embedprep.cli import main as run_command_line

    run_command_line()


if __name__ == "__main__":
    main()
