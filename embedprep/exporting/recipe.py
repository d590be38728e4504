"""Which steps make up an export?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from embedprep.digests import digest_of
from embedprep.encoded import beside
from embedprep.errors import SettingsError, check_choice
from embedprep.exporting import FOLDERS, FORMATS, WITH_VECTORS
from embedprep.exporting.tokenizers_json import differences, tokenizer_json
from embedprep.exporting.word_lists import entry_lines, entry_table
from embedprep.exporting.word_vectors import (
    METADATA,
    VECTORS,
    check_words,
    exported_indices,
    projector_metadata,
    projector_vectors,
    vector_lines,
)
from embedprep.manifest import MANIFEST, PROJECTOR, format_manifest, read_manifest_of_rows
from embedprep.matrix.files import WordVectors, open_word_vectors
from embedprep.npy import WrittenFile
from embedprep.output import EMBEDDING_MATRIX, VOCABULARY
from embedprep.publication import (
    refuse_to_overwrite,
    refuse_to_replace,
    staged_file,
    staged_folder,
)
from embedprep.sources import Source
from embedprep.vocabulary import Vocabulary


class Export(NamedTuple):
    """A vocabulary on its way into files of another tool, with its vectors where `to` has any."""

    to: str
    path: Path
    vocabulary: Vocabulary
    vectors: WordVectors | None = None

    @property
    def inputs(self) -> list[Path]:
        return [self.path] if self.vectors is None else [self.path, self.vectors.path]

    @property
    def n_entries(self) -> int:
        """How many entries are exported."""
        if self.vectors is None:
            return self.vocabulary.input_dim
        return len(exported_indices(self.vocabulary))

    @property
    def warnings(self) -> list[str]:
        """What the other tool does otherwise."""
        return differences(self.vocabulary, str(self.path)) if self.to == "tokenizers" else []


def open_export(named: Path, to: str, matrix: Path | None = None) -> Export:
    """What is to be exported: `named` is a vocabulary, or an output that has one.

    The vectors are in `matrix`, or else beside the vocabulary. Raises SettingsError for a format
    that there is not, or that takes no matrix; VocabularyError where there is no vocabulary, or
    none that the format can hold; OutputError where there is no matrix for it.
    """
    check_choice("--to", to, FORMATS)
    if matrix is not None and to not in WITH_VECTORS:
        raise SettingsError("--matrix", f"goes with --to {', '.join(WITH_VECTORS)}, not {to}")
    if named.is_dir():
        read_manifest_of_rows(named)  # unfinished, it may hold a new vocabulary and an old matrix
        named /= VOCABULARY
    vocabulary = Vocabulary.load(named)
    if to not in WITH_VECTORS:
        return Export(to, named, vocabulary)
    if to not in FOLDERS:
        check_words(vocabulary, str(named))
    path = matrix or beside(named, EMBEDDING_MATRIX, "--matrix", "the embedding matrix")
    remedy = "name the matrix that was made with this vocabulary by --matrix"
    return Export(to, named, vocabulary, open_word_vectors(path, named, vocabulary, remedy))


def exported_text(export: Export) -> Iterator[bytes]:
    """The content of the one file that a format is, some of it at a time."""
    place = str(export.path)
    if export.vectors is not None:
        yield from vector_lines(export.vectors, has_header=export.to == "word2vec")
    elif export.to == "txt":
        yield entry_lines(export.vocabulary, place)
    elif export.to == "tsv":
        yield entry_table(export.vocabulary)
    else:
        yield tokenizer_json(export.vocabulary, place)


def write_export(export: Export, output: Path, *, sync: bool = False) -> None:
    """Write the file of a format, or its folder, whole or not at all."""
    if export.vectors is not None and export.to in FOLDERS:
        _write_projector(export, export.vectors, output, sync)
        return
    refuse_to_overwrite(export.inputs, [output])
    with staged_file(output, sync) as temporary, temporary.open("wb") as stream:
        stream.writelines(exported_text(export))


def _write_projector(export: Export, vectors: WordVectors, output: Path, sync: bool) -> None:
    refuse_to_replace(export.inputs, output, [VECTORS, METADATA])
    contents = {
        VECTORS: projector_vectors(vectors),
        METADATA: [projector_metadata(export.vocabulary)],
    }
    with staged_folder(output, PROJECTOR, sync) as staged:
        files = []
        for name, content in contents.items():
            path = staged.add(name)
            with path.open("wb") as stream:
                stream.writelines(content)
            files.append(WrittenFile(name, digest_of(path)))
        manifest = format_manifest(
            PROJECTOR,
            {"to": export.to},
            [Source(str(path), digest_of(path)) for path in export.inputs],
            files,
            {"entries": export.n_entries, "dim": vectors.dim},
        )
        staged.write(MANIFEST, manifest)
