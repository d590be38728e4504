"""The command that lets a shell complete commands, options, choices and files: `completion`."""

from __future__ import annotations

import click
from click.shell_completion import (
    BashComplete,
    ShellComplete,
    add_completion_class,
    get_completion_class,
)

from embedprep.cli import stdout
from embedprep.cli.command import Command
from embedprep.cli.commands import COMPLETION

SHELLS = ("bash", "zsh", "fish")


class _Bash(BashComplete):
    """Bash takes `--padding=po` for three words; click would take the second for the value."""

    def get_completion_args(self) -> tuple[list[str], str]:
        args, incomplete = super().get_completion_args()
        return args[:-1] if args[-1:] == ["="] else args, incomplete


add_completion_class(_Bash)


@click.command(cls=Command)
@click.argument("shell", type=click.Choice(SHELLS))
def completion(*, shell: str) -> None:
    """Print what makes a shell complete commands, options, choices and the names of files.

    Put the line that is yours into the file that your shell reads when it starts: ~/.bashrc
    (of bash 4.4 or later), ~/.zshrc (below compinit) or ~/.config/fish/config.fish.

    \b
    eval "$(embedprep completion bash)"
    eval "$(embedprep completion zsh)"
    embedprep completion fish | source
    """
    kind = get_completion_class(shell)
    assert kind is not None
    root = click.get_current_context().find_root().command
    script = kind(root, {}, "embedprep", COMPLETION)
    # Not the one of its class: for bash, click would start another one to look at its version.
    stdout.write(ShellComplete.source(script))
