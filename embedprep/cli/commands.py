"""Which commands are there, and which of them is called?"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import click

from embedprep.cli.spelling import guess, no_such_option

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

COMPLETION = "_EMBEDPREP_COMPLETE"
"""The variable of the environment by which a shell asks what can stand at the cursor: click's."""

HELP_NAMES = ["--help", "-h"]
"""The first is the one that errors tell of, in all versions of click."""

SECTIONS = {
    "Text to rows": {
        "run": ("build", "Sentences in, a padded index tensor and its vocabulary out."),
        "vocab": ("build", "The vocabulary of a text alone."),
        "encode": ("build", "More text as rows, by a saved vocabulary."),
        "decode": ("decode", "Rows of indices back as sentences."),
        "count": ("count", "The words of a text, counted; vocab merges the counts of many."),
    },
    "Before and after": {
        "inspect": ("inspect", "What a text is like, or an output, and which settings suit it."),
        "explain": ("explain", "What becomes of a sentence, step by step."),
        "report": ("report", "A page about an output: lengths, coverage, labels, how it was made."),
        "verify": ("verify", "Whether an output is what its manifest says."),
        "diff": ("diff", "What has changed between two outputs, or two vocabularies."),
    },
    "Embedding matrix": {
        "matrix": ("matrix", "The matrix that an embedding layer begins with."),
        "train": ("train", "Word vectors, learned from rows."),
        "nearest": ("nearest", "The words with the nearest vectors."),
        "export": ("export", "Words and vectors for gensim, TensorBoard, Hugging Face."),
    },
    "Other tensors": {
        "embed": ("tensors", "Rows of indices as the vectors of an embedding matrix."),
        "onehot": ("tensors", "Rows of indices as one-hot vectors."),
        "bow": ("tensors", "Rows of indices as bags of words: counts, shares, tf-idf."),
        "skipgrams": ("skipgrams", "Pairs of words that stand near each other, and random ones."),
    },
    "This program": {
        "completion": ("completion", "What makes a shell complete commands and options."),
    },
}
"""Each command's module and short help, in the order of use. A new one is a line here."""

COMMANDS = {name: entry for section in SECTIONS.values() for name, entry in section.items()}


def command_of(name: str) -> click.Command:
    """A command, imported now."""
    command: click.Command = getattr(import_module(f"embedprep.cli.{COMMANDS[name][0]}"), name)
    return command


class Commands(click.Group):
    """A group whose commands are imported when they are called; their help need not be."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's name
        return list(COMMANDS)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's name
        cmd_name: str,
    ) -> click.Command | None:
        return command_of(cmd_name) if cmd_name in COMMANDS else None

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's name
        formatter: click.HelpFormatter,
    ) -> None:
        width = max(map(len, COMMANDS))
        for section, commands in SECTIONS.items():
            with formatter.section(section):
                lines = [(name.ljust(width), short) for name, (_, short) in commands.items()]
                formatter.write_dl(lines)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args and not ctx.resilient_parsing:
            # The same in all versions of click: nothing was asked for, so this is no result.
            click.echo(ctx.get_help(), err=True)
            ctx.exit(2)
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            raise no_such_option(error, self) from None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name, *others = args
        if name == "help" and not ctx.resilient_parsing:  # as others have it: help run
            if not others:
                click.echo(ctx.get_help())
                ctx.exit()
            name, *others = args = [others[0], "--help"]
        if name not in COMMANDS and not ctx.resilient_parsing:
            raise click.UsageError(f"No such command {name!r}.{guess(name, COMMANDS)}", ctx)
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The names of commands, none of which is imported for that, and of options."""
        from click.shell_completion import CompletionItem

        named = [
            CompletionItem(name, help=short)
            for name, (_, short) in COMMANDS.items()
            if name.startswith(incomplete)
        ]
        return [*named, *click.Command.shell_complete(self, ctx, incomplete)]
