"""How is the memory of a job shared out?

The figures were measured with the commands of the benchmarks; a test holds whole processes to the
sum of them.
"""

from __future__ import annotations

from typing import NamedTuple

from embedprep.engines import available_cores
from embedprep.errors import InputError, SettingsError
from embedprep.settings import JOB_BYTES, Resources
from embedprep.spool import MEMORY_BYTES
from embedprep.wording import how_large, how_many

_OF_ALL = 24 << 20
"""Bytes for what is read ahead, and the tables of known words."""

_OF_A_KEPT_WORD = 320
"""As text in a vocabulary, with its count, and as it is written."""

_TIMES_WHEN_MERGED = 6
"""How many times its own size a dictionary takes while others are merged into it, and while the
words of its stretches are found."""

_LEAST_DICTIONARY = 4 << 20

WITHOUT_OPTION = "raise --memory, or leave the option out"
"""The remedy where an option keeps too much of every row."""


class Budget(NamedTuple):
    """How many workers there are, None for one a core, and what each thing may take, in bytes.

    What is None may take all there is. `per_row` is for what is kept of every row, `classes` for
    the names of labels, which the dictionary makes room for.
    """

    jobs: int | None = None
    dictionary: int | None = None
    spool: int = MEMORY_BYTES
    per_row: int | None = None
    classes: int | None = None

    def dictionary_beside(self, classes_bytes: int) -> int | None:
        """What a dictionary may take where the classes of labels take so much."""
        if self.dictionary is None:
            return None
        return self.dictionary - classes_bytes // _TIMES_WHEN_MERGED

    def check_rows(self, n_rows: int, row_bytes: int, place: str, remedy: str) -> None:
        """Raise InputError where more bytes of each row are kept than there is room for: `place` is
        the option that keeps them, or what else does.
        """
        if self.per_row is not None and n_rows * row_bytes > self.per_row:
            raise InputError(
                place,
                f"keeps {row_bytes} bytes of every row in memory, for {how_many(n_rows, 'row')} "
                f"more than the {how_large(self.per_row)} that --memory leaves for it",
                remedy,
            )

    def check_classes(self, n_classes: int, n_bytes: int) -> None:
        """Raise InputError where the classes take more than there is room for."""
        if self.classes is not None and n_bytes > self.classes:
            raise InputError(
                "--memory",
                f"labels of {how_many(n_classes, 'class', 'classes')} take more than the "
                f"{how_large(self.classes)} that it leaves for them",
                "raise it, or choose --label-type number if they are numbers",
            )


def budget_of(
    resources: Resources, n_words: int, *, matrix_bytes: int = 0, keeps_rows: bool = False
) -> Budget:
    """The budget of a job that keeps so many words at most, an embedding matrix and, if it
    `keeps_rows`, something of each of them.

    Raises SettingsError where the memory is too little for the rest of the settings.
    """
    memory = resources.memory
    if memory is None:
        return Budget(resources.jobs)
    fixed = _OF_ALL + n_words * _OF_A_KEPT_WORD + matrix_bytes
    jobs = resources.jobs
    if jobs is None:  # half of what is left, that the dictionary has the rest
        jobs = min(available_cores(), max(1, (memory - fixed) // 2 // JOB_BYTES))
    fixed += jobs * JOB_BYTES
    for_rows = 4 if keeps_rows else 0  # sixteenths of what is not fixed, as the spool has one
    sixteenth = (memory - fixed) // 16
    dictionary = (15 - for_rows) * sixteenth // _TIMES_WHEN_MERGED
    if dictionary < _LEAST_DICTIONARY:
        least = fixed + 16 * (-(-_LEAST_DICTIONARY * _TIMES_WHEN_MERGED // (15 - for_rows)))
        raise SettingsError(
            "--memory",
            f"{how_large(memory)} is too little for {how_many(jobs, 'job')} and "
            f"{how_many(n_words, 'word')}: it takes {how_large(least)}",
            f"raise it{_other_remedies(jobs, n_words, matrix_bytes)}",
        )
    return Budget(jobs, dictionary, sixteenth, for_rows * sixteenth, classes=dictionary)


def _other_remedies(jobs: int, n_words: int, matrix_bytes: int) -> str:
    remedies = {
        ", or lower --jobs": jobs > 1,
        ", or keep fewer words": n_words > 0,
        ", or lower --dim": matrix_bytes > 0,
    }
    return "".join(remedy for remedy, helps in remedies.items() if helps)
