"""The command that lets a shell complete commands, options, choices and files: `completion`."""

from __future__ import annotations

import click

from embedprep.cli import stdout
from embedprep.cli.sections import Sectioned

SHELLS = ("bash", "zsh", "fish")


@click.command(cls=Sectioned)
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
    from click.shell_completion import ShellComplete, get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None
    root = click.get_current_context().find_root().command
    script = kind(root, {}, "embedprep", "_EMBEDPREP_COMPLETE")
    # Not the one of its class: for bash, click would start another one to look at its version.
    stdout.write(ShellComplete.source(script))
