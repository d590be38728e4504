"""What do the bytes of another encoding read as in UTF-8, and where are they wrong?"""

from __future__ import annotations

import codecs
from collections.abc import Iterator

from embedprep.errors import InputError, LineError
from embedprep.sources.settings import Reading


def transcoded(name: str, chunks: Iterator[bytes], reading: Reading) -> Iterator[bytes]:
    """The chunks as UTF-8, decoded incrementally: a letter may straddle two of them."""
    decoder = codecs.getincrementaldecoder(reading.encoding)(reading.errors)
    n_read = 0
    is_last = False
    while not is_last:
        chunk = next(chunks, b"")
        is_last = not chunk
        state = decoder.getstate()
        try:
            decoded = decoder.decode(chunk, final=is_last)
            encoded = decoded.encode("utf-8")
        except UnicodeDecodeError as error:
            # The codec saw the chunk behind what it had kept of the one before.
            start = error.start - (len(error.object) - len(chunk))
            decoder.setstate(state)
            try:
                before = decoder.decode(chunk[: max(start, 0)])
            except UnicodeError:  # a codec without a state
                before = ""
            raise LineError(
                name,
                before.count("\n") + 1,
                _undecodable(error.object[error.start], n_read + start, reading.encoding),
                "check --encoding, or pass --errors replace",
            ) from None
        except UnicodeEncodeError:
            raise InputError(
                name, f"as {reading.encoding} it holds half a surrogate pair", "check --encoding"
            ) from None
        except (UnicodeError, ValueError) as error:
            raise InputError(
                name, f"is no {reading.encoding} ({error})", "check --encoding"
            ) from None
        n_read += len(chunk)
        if encoded:
            yield encoded


def not_utf8(name: str, read: bytes, first_byte: int, start: int) -> LineError:
    """The error for the byte at `start` of some whole lines that begin at `first_byte`."""
    offset = first_byte + start
    remedy = "if the file is Latin-1, pass --encoding latin-1"
    if offset == 0 and read[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        remedy = "the file begins as UTF-16 does: pass --encoding utf-16"
    line = read.count(b"\n", 0, start) + 1
    return LineError(name, line, _undecodable(read[start], offset, "UTF-8"), remedy)


def _undecodable(byte: int, offset: int, encoding: str) -> str:
    return f"byte 0x{byte:02x} at offset {offset} is not {encoding}"
