"""Which options do the commands share that read text, or shape rows of it?"""

from __future__ import annotations

from collections.abc import Callable

import click

from embedprep.cli.config import Several
from embedprep.cli.options import address, path, seed_option, size
from embedprep.cli.sections import Decorated, together
from embedprep.errors import SettingsError
from embedprep.rectangle import DTYPES, SIDES, parse_max_len
from embedprep.settings import ENGINES, LABEL_TYPES, OVERFLOWS
from embedprep.sources import FORMATS, MAX_LINE_BYTES
from embedprep.specials import OOV_CHOICES
from embedprep.tokenizer.settings import TOKENIZERS, TokenizerSettings


def length(text: str) -> str:
    """A number, `max`, or a percentile such as p99, as it stands."""
    try:
        parse_max_len(text)
    except SettingsError as error:
        raise click.BadParameter(error.cause) from None
    return text


inputs = click.argument(
    "inputs", cls=Several, type=address, nargs=-1, required=True, metavar="INPUT..."
)
optional_inputs = click.argument(
    "inputs", cls=Several, type=address, nargs=-1, metavar="[INPUT...]"
)

adoption_options = together(
    "Vocabularies of other tools",
    click.option(
        "--from",
        "source",
        type=path,
        metavar="FILE",
        help="Read no text, but take over the vocabulary in this file (- is standard input); "
        "needs --max-len.",
    ),
    click.option(
        "--unk-token",
        metavar="TOKEN",
        help="The entry of unknown words in that file.  "
        "[default: what the file says, or one like <unk>, [UNK], <OOV>]",
    ),
)


update_options = together(
    "Vocabularies that grow",
    click.option(
        "--update",
        type=address,
        metavar="FILE",
        help="Keep the words and indices of this vocabulary, put the new words of the text behind "
        "them, and add up the counts of the old; -n is then the number of words of the whole.  "
        "[default: up to 50000 new ones]",
    ),
    click.option(
        "--map",
        "map_output",
        type=address,
        metavar="FILE.npy",
        help="Also write the new index of each index of that vocabulary.",
    ),
)


tokenizer_options = together(
    "Words",
    click.option(
        "--tokenizer",
        type=click.Choice(TOKENIZERS),
        help="What words are: those of Unicode for any language, those of Keras, what "
        "lies between white space, every character, the matches of --pattern, or Chinese words by "
        "jieba's dictionary.  "
        f"[default: {TokenizerSettings.name}, or pattern where --pattern is given]",
    ),
    click.option(
        "--pattern",
        metavar="REGEX",
        help="The regular expression, as in Python's re, whose matches in each line are words.",
    ),
    click.option(
        "--lowercase/--keep-case",
        default=None,
        help="Lowercase words, and lines before a pattern is searched, or don't.  "
        "[default: lowercase with unicode and keras, else keep]",
    ),
)

vocabulary_options = together(
    "Words",
    click.option(
        "-n",
        "--max-words",
        type=click.IntRange(min=1),
        default=50_000,
        show_default=True,
        help="Keep exactly this many of the most frequent words; special entries not counted.",
    ),
    click.option(
        "--min-count",
        type=click.IntRange(min=1),
        default=1,
        show_default=True,
        help="Keep only words that occur at least so often.",
    ),
    click.option(
        "--oov",
        type=click.Choice(OOV_CHOICES),
        default="unk",
        show_default=True,
        help="Unknown words become <unk> (index 1), or vanish, as by default in Keras.",
    ),
    click.option("--bos", is_flag=True, help="Begin every row with an entry of its own, <bos>."),
    click.option("--eos", is_flag=True, help="End every row with an entry of its own, <eos>."),
    tokenizer_options,
)


def row_options(default: str = "{}") -> Callable[[Decorated], Decorated]:
    """The options of the rows' shape; `default` is how a default of Keras, `{}`, is told."""
    return together(
        "Shape of rows",
        click.option(
            "--max-len",
            type=length,
            metavar="LENGTH",
            help="Indices in a row: a number, max (the longest row), or a percentile such as p99, "
            "the least length that keeps 99 % of the rows whole.  "
            f"[default: {default.format('max')}]",
        ),
        click.option(
            "--padding",
            type=click.Choice(SIDES),
            help=f"Where short rows are filled with 0.  [default: {default.format('pre')}]",
        ),
        click.option(
            "--truncating",
            type=click.Choice(SIDES),
            help=f"Where long rows are cut.  [default: {default.format('pre')}]",
        ),
        click.option(
            "--dtype",
            type=click.Choice(list(DTYPES)),
            help=f"The type of an index.  [default: {default.format('int32')}]",
        ),
    )


rerun_options = together(
    "Running",
    click.option(
        "--resume",
        is_flag=True,
        help="Keep what is finished in DIR, and go on with it if a run before was interrupted.",
    ),
    click.option(
        "--if-changed",
        is_flag=True,
        help="Do nothing if DIR was made of the same inputs with the same settings and version.",
    ),
)

size_option = together(
    "Shape of rows",
    click.option(
        "--max-bytes",
        type=size,
        metavar="SIZE",
        help="Refuse to write larger arrays.  [default: 1GiB where max-len was not given and "
        "less than 10 % would be filled]",
    ),
)

shard_option = together(
    "Shape of rows",
    click.option(
        "--rows-per-shard",
        type=click.IntRange(min=1),
        metavar="ROWS",
        help="Write several files of so many rows, sequences-00000.npy and so on, in place of each "
        "array.",
    ),
)

text_reading_options = together(
    "Inputs",
    click.option("--encoding", default="utf-8", show_default=True, help="How the text is encoded."),
    click.option(
        "--errors",
        type=click.Choice(["strict", "replace", "ignore"]),
        default="strict",
        show_default=True,
        help="What to do about bytes that are not in this encoding.",
    ),
    click.option(
        "--max-line-bytes",
        type=size,
        metavar="SIZE",
        help="Refuse lines and records that are longer.  "
        f"[default: {MAX_LINE_BYTES >> 20}MiB, or less with --memory]",
    ),
    click.option(
        "--format",
        type=click.Choice(FORMATS),
        help="What a row is made of.  [default: by the name, .csv .tsv .jsonl .ndjson, else lines]",
    ),
    click.option(
        "--text-column",
        "text_columns",
        multiple=True,
        metavar="COLUMN",
        help="The column of the text, by its name or its number from 1; of several, the texts are "
        "joined by a space.  [default: the only one; text in jsonl]",
    ),
    click.option(
        "--header/--no-header",
        default=None,
        help="Whether the first row of a table names its columns.  [default: if a column is asked "
        "for by its name]",
    ),
    click.option(
        "--quoting/--no-quoting",
        default=None,
        help="Whether quotes hold a field together.  [default: in csv, not in tsv]",
    ),
)

reading_options = together(
    "Inputs",
    text_reading_options,
    click.option(
        "--label-column",
        "label_columns",
        multiple=True,
        metavar="COLUMN",
        help="A column of labels, named as that of the text.",
    ),
)

memory_option = together(
    "Running",
    click.option(
        "--memory",
        type=size,
        metavar="SIZE",
        help="Take no more memory than this beside the interpreter's own (60 MB); words that do "
        "not fit wait on the disk.",
    ),
)

resource_options = together(
    "Running",
    memory_option,
    click.option(
        "--engine",
        type=click.Choice(ENGINES),
        default="threads",
        show_default=True,
        help="Who works: threads of this process, or the processes of a Dask cluster.",
    ),
    click.option(
        "--scheduler",
        metavar="ADDRESS",
        help="The cluster's scheduler, as tcp://host:8786.  [default: a cluster of this machine, "
        "of --jobs processes]",
    ),
)

label_options = together(
    "Labels",
    click.option(
        "--label-from",
        type=click.Choice(["parent"]),
        help="Take the name of the folder that an input lies in as the label of its rows.",
    ),
)

label_type_option = together(
    "Labels",
    click.option(
        "--label-type",
        type=click.Choice(LABEL_TYPES),
        default="class",
        show_default=True,
        help="Labels are names of classes, or numbers that are kept as they are.",
    ),
)

part_options = together(
    "Parts",
    click.option(
        "--holdout",
        "holdouts",
        type=address,
        multiple=True,
        metavar="NAME=PATH",
        help="Encode this input too, with the words and the shape of the others, into DIR/NAME.",
    ),
    click.option(
        "--split",
        metavar="SHARES",
        help="Divide the rows, as 80/10/10: into DIR, DIR/validation and DIR/test, by a hash of "
        "their text, so that equal texts stay together.",
    ),
    click.option("--shuffle", is_flag=True, help="Shuffle the training rows and their labels."),
    seed_option("--split, --shuffle and the vectors that are random"),
)

selection_options = together(
    "Which rows",
    click.option("--drop-empty", is_flag=True, help="Leave out rows without a word."),
    click.option(
        "--drop-duplicates",
        is_flag=True,
        help="Leave out rows whose text and labels an earlier row of the part has.",
    ),
    click.option(
        "--overflow",
        type=click.Choice(OVERFLOWS),
        default="truncate",
        show_default=True,
        help="Cut long rows, or split them into several; document.npy then tells of which line.",
    ),
    click.option(
        "--stride",
        type=click.IntRange(min=0),
        default=0,
        show_default=True,
        help="Words that a row split off repeats of the one before.",
    ),
)
