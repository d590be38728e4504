"""Do records come back as they were put in, from memory and from disk?"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from embedprep.errors import OutputError
from embedprep.spool import Spool

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
        numbers = [spool.append(arrays_) for arrays_ in records]
        assert numbers == list(range(len(records)))
        for number in reversed(range(len(records))):
            read = spool.read(number)
            assert [a.tolist() for a in read] == [a.tolist() for a in records[number]]
            assert [a.dtype for a in read] == [a.dtype for a in records[number]]


def test_disk_is_used_when_memory_is_full_and_leaves_no_file(tmp_path: Path) -> None:
    open_before = len(os.listdir("/dev/fd"))
    with Spool(tmp_path, memory_bytes=100) as spool:
        spool.append([np.arange(10, dtype=np.int64)])
        assert len(os.listdir("/dev/fd")) == open_before
        spool.append([np.arange(10, dtype=np.int64)])
        assert len(os.listdir("/dev/fd")) == open_before + 1
        assert list(tmp_path.iterdir()) == []  # the file has no name
        assert [spool.read(n)[0].tolist() for n in (0, 1)] == [list(range(10))] * 2
    assert len(os.listdir("/dev/fd")) == open_before


def test_many_threads_may_read(tmp_path: Path) -> None:
    with Spool(tmp_path, memory_bytes=0) as spool, ThreadPoolExecutor(4) as pool:
        for number in range(200):
            spool.append([np.full(50, number), np.arange(number)])
        read = list(pool.map(spool.read, list(range(200)) * 3))
    assert [record[0].tolist() for record in read] == [[n] * 50 for n in range(200)] * 3
    assert [record[1].tolist() for record in read] == [list(range(n)) for n in range(200)] * 3


def test_a_folder_that_takes_no_file_is_named(tmp_path: Path) -> None:
    with Spool(tmp_path / "absent", memory_bytes=0) as spool, pytest.raises(OutputError) as caught:
        spool.append([np.arange(3)])
    assert caught.value.place == str(tmp_path / "absent")


@pytest.mark.parametrize("memory_bytes", [0, 1 << 20])
def test_a_part_of_a_record_is_read(memory_bytes: int, tmp_path: Path) -> None:
    with Spool(tmp_path, memory_bytes) as spool:
        spool.append([np.arange(5, dtype=np.uint16)])
        spool.append([np.arange(100, 200), np.arange(3)])
        assert spool.read_slice(1, 7, 10).tolist() == [107, 108, 109]
        assert spool.read_slice(0, 0, 5).tolist() == [0, 1, 2, 3, 4]
        assert spool.read_slice(0, 5, 5).tolist() == []
        assert spool.read_slice(0, 1, 2).dtype == np.uint16
