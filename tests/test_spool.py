"""Do records come back as they were put in, from memory and from disk?"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from embedprep.errors import OutputError
from embedprep.spool import Record, Spool, SpooledList

records = st.lists(
    st.lists(
        arrays.arrays(
            st.sampled_from([np.uint8, np.uint16, np.int32, np.uint64]), st.integers(0, 9)
        ),
        min_size=1,
        max_size=4,
    ),
    max_size=8,
)


@given(records=records, memory_bytes=st.sampled_from([0, 1, 40, 200, 1 << 20]))
def test_records_are_kept_in_order(
    records: list[list[NDArray[Any]]],
    memory_bytes: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with Spool(tmp_path_factory.getbasetemp(), memory_bytes) as spool:
        kept = [spool.append(arrays_) for arrays_ in records]
        for record, arrays_ in reversed(list(zip(kept, records, strict=True))):
            read = spool.read(record)
            assert [a.tolist() for a in read] == [a.tolist() for a in arrays_]
            assert [a.dtype for a in read] == [a.dtype for a in arrays_]


def test_disk_is_used_when_memory_is_full_and_leaves_no_file(tmp_path: Path) -> None:
    open_before = len(os.listdir("/dev/fd"))
    with Spool(tmp_path, memory_bytes=100) as spool:
        first = spool.append([np.arange(10, dtype=np.int64)])
        assert len(os.listdir("/dev/fd")) == open_before
        second = spool.append([np.arange(10, dtype=np.int64)])
        assert len(os.listdir("/dev/fd")) == open_before + 1
        assert list(tmp_path.iterdir()) == []  # the file has no name
        assert [spool.read(record)[0].tolist() for record in (first, second)] == [
            list(range(10))
        ] * 2
    assert len(os.listdir("/dev/fd")) == open_before


def test_many_threads_may_read(tmp_path: Path) -> None:
    with Spool(tmp_path, memory_bytes=0) as spool, ThreadPoolExecutor(4) as pool:
        kept = [spool.append([np.full(50, n), np.arange(n)]) for n in range(200)]
        read = list(pool.map(spool.read, kept * 3))
    assert [record[0].tolist() for record in read] == [[n] * 50 for n in range(200)] * 3
    assert [record[1].tolist() for record in read] == [list(range(n)) for n in range(200)] * 3


def test_a_folder_that_takes_no_file_is_named(tmp_path: Path) -> None:
    with Spool(tmp_path / "absent", memory_bytes=0) as spool, pytest.raises(OutputError) as caught:
        spool.append([np.arange(3)])
    assert caught.value.place == str(tmp_path / "absent")


@pytest.mark.parametrize("memory_bytes", [0, 1 << 20])
def test_a_part_of_a_record_is_read(memory_bytes: int, tmp_path: Path) -> None:
    with Spool(tmp_path, memory_bytes) as spool:
        short = spool.append([np.arange(5, dtype=np.uint16)])
        two = spool.append([np.arange(100, 200), np.arange(3), np.arange(7, dtype=np.uint8)])
        assert spool.read_slice(two, 7, 10).tolist() == [107, 108, 109]
        assert spool.read_slice(two, 1, 3, 1).tolist() == [1, 2]
        assert spool.read_slice(two, 5, 7, 2).tolist() == [5, 6]
        assert spool.read_slice(short, 0, 5).tolist() == [0, 1, 2, 3, 4]
        assert spool.read_slice(short, 5, 5).tolist() == []
        assert spool.read_slice(short, 1, 2).dtype == np.uint16


class Item(NamedTuple):
    """What a list may hold: a record in it, and facts."""

    number: int
    name: str
    record: Record


@given(
    n=st.integers(0, 40),
    at_once=st.sampled_from([1, 3, 7, 100]),
    memory_bytes=st.sampled_from([0, 200, 1 << 20]),
)
def test_a_list_keeps_its_order_in_a_spool(n: int, at_once: int, memory_bytes: int) -> None:
    with pytest.MonkeyPatch.context() as patched, Spool(Path.cwd(), memory_bytes) as spool:
        patched.setattr("embedprep.spool._ITEMS_AT_ONCE", at_once)
        listed = SpooledList[Item](spool, [Item])
        for i in range(n):
            listed.append(Item(i, f"source {i}", spool.append([np.arange(i)])))
        assert len(listed) == n
        for _ in range(2):
            assert [(i, name) for i, name, _ in listed] == [(i, f"source {i}") for i in range(n)]
            for i, _, record in listed:
                assert spool.read(record)[0].tolist() == list(range(i))


def test_a_spool_that_is_kept_goes_on(tmp_path: Path) -> None:
    kept = tmp_path / "spool"
    with Spool(tmp_path, 0, kept=kept) as spool:
        record = spool.append([np.arange(5), np.empty(0, np.uint8)])
        listed = SpooledList[Item](spool, [Item])
        listed.append(Item(1, "é", record))
        n_bytes = spool.n_bytes
        spool.append([np.arange(7)])
    with Spool(tmp_path, 0, kept=kept, n_kept=n_bytes) as spool:
        again = SpooledList[Item](spool, [Item])
        again.restore(listed.state)
        again.append(Item(2, "b", spool.append([np.arange(3)])))
        assert [spool.read(item.record)[0].tolist() for item in again] == [
            [0, 1, 2, 3, 4],
            [0, 1, 2],
        ]
        assert spool.read(record)[1].tolist() == []
    assert kept.stat().st_size > n_bytes
