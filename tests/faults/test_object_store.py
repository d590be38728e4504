"""Is an output in an object store whole, when the store fails, is slow, or the run is killed?"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from tests.faults.figures import Tally, is_full, some, times
from tests.faults.places import is_killed
from tests.faults.test_publication import text_of_words
from tests.faults.worlds import Ended, end, is_plain, start
from tests.stores import ACCESS, TROUBLES, Proxy, proxy_before, s3_server, stored

__all__ = ["s3_server"]  # a fixture

pytestmark = pytest.mark.skipif(
    not (find_spec("moto") and find_spec("s3fs")),
    reason="an object store fails: needs moto and s3fs, which make faults installs",
)

OLD = ["run", "s3://bucket/in/old.txt", "--dim", "4", "-q", "-o", "s3://bucket/out"]
NEW = [
    "run",
    "s3://bucket/in/new.txt",
    "--split",
    "80/20",
    "--rows-per-shard",
    "300",
    "-q",
    "-o",
    "s3://bucket/out",
]

GOING = {name: TROUBLES[name] for name in ("500", "dropped", "unheard", "cut")}
"""What a store does to all requests from one on."""

EVERY = (2, 3, 7) if is_full else (7,)
"""At each how many requests a store makes trouble."""


class Store(NamedTuple):
    """A store behind a proxy, the outputs of `OLD` and of `NEW` in it, and how many requests it
    takes to write the new one over the old one, and how many seconds.
    """

    s3: Any
    proxy: Proxy
    folder: Path
    old: dict[str, bytes]
    new: dict[str, bytes]
    n_requests: int
    seconds: float

    def start(self, arguments: list[str], **environment: str) -> Any:
        address = {"AWS_ENDPOINT_URL": self.proxy.address}
        return start(self.folder, *arguments, env=os.environ | ACCESS | address | environment)

    def run(self, arguments: list[str], **environment: str) -> Ended:
        return end(self.start(arguments, **environment))

    def set_back(self) -> None:
        """Put the old output into its place, and count requests from 1 on."""
        for name in stored(self.s3):
            self.s3.delete_object(Bucket="bucket", Key=f"out/{name}")
        for name, data in self.old.items():
            self.s3.put_object(Bucket="bucket", Key=f"out/{name}", Body=data)
        self.proxy.n_requests = 0

    def strike(self, trouble: Callable[[int], str | None], **environment: str) -> Ended:
        """Write the new output over the old one, with trouble at some requests."""
        self.set_back()
        self.proxy.trouble = trouble
        try:
            return self.run(NEW, **environment)
        finally:
            self.proxy.trouble = lambda number: None

    def state(self) -> str:
        """What is there; an AssertionError where a manifest stands beside what it does not list."""
        seen = {name: data for name, data in stored(self.s3).items() if is_plain(name)}
        if seen == self.new:
            return "new output whole"
        if seen == self.old:
            return "old output untouched"
        assert seen, "the old output is gone"
        assert "manifest.json" not in seen
        for name, data in seen.items():
            assert data in (self.old.get(name), self.new.get(name)), name
        return "no manifest, refused"

    def judge(self, ended: Ended, figures: Tally) -> None:
        """What a run left is whole or refused, its error is clear, and the next run mends it."""
        self.proxy.wait()
        state = self.state()
        if ended.status == 0:
            assert (state, ended.said) == ("new output whole", "")
            figures.add(state)
            return
        if is_killed(ended.status):
            figures.add(state)
        else:
            assert ended.status == 1
            assert ended.said.startswith("embedprep: s3://bucket/")
            assert "; " in ended.said
            assert ended.said.count("\n") == 1
            figures.add(f"error, {state}")
        assert self.run(NEW) == Ended(0, "")
        assert {*stored(self.s3)} == {*self.new}
        assert self.state() == "new output whole"


@pytest.fixture(scope="module")
def store(s3_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with pytest.MonkeyPatch.context() as patched, proxy_before(s3_server) as proxy:
        for name, value in (ACCESS | {"AWS_ENDPOINT_URL": s3_server}).items():
            patched.setenv(name, value)
        s3 = import_module("boto3").client("s3")
        s3.create_bucket(Bucket="bucket")
        for number, name in enumerate(("old.txt", "new.txt")):
            text = text_of_words(900, number)
            s3.put_object(Bucket="bucket", Key=f"in/{name}", Body=text)
        folder = tmp_path_factory.mktemp("store")
        made = Store(s3, proxy, folder, {}, {}, 0, 0.0)
        assert made.run(OLD) == Ended(0, "")
        made = made._replace(old=stored(s3))
        proxy.n_requests = 0
        begun = time.monotonic()
        assert made.run(NEW) == Ended(0, "")
        seconds = time.monotonic() - begun
        yield made._replace(new=stored(s3), n_requests=proxy.n_requests, seconds=seconds)


@pytest.mark.parametrize("trouble", some(list(TROUBLES), 2))
def test_a_store_that_makes_trouble_at_every_nth_request(
    trouble: str, store: Store, tally: Callable[[str, str], Tally]
) -> None:
    figures = tally("store", f"a store that {TROUBLES[trouble]}, at each 2nd to 7th request")
    for every in EVERY:
        ended = store.strike(partial(_at_each, trouble, every))
        store.judge(ended, figures)


@pytest.mark.parametrize("trouble", some(list(GOING), 1))
def test_a_store_that_goes_away_at_any_request(
    trouble: str, store: Store, tally: Callable[[str, str], Tally]
) -> None:
    """Botocore asks once here, to be quick; at the end of a run a request may be none too many."""
    figures = tally("store", f"a store that {GOING[trouble]}, from any request on")
    n_places = times(24, 1)
    for place in range(n_places):
        first = 1 + round((place + 0.5) * store.n_requests / n_places)
        ended = store.strike(partial(_from, trouble, first), AWS_MAX_ATTEMPTS="1")
        store.judge(ended, figures)


def _at_each(trouble: str, every: int, number: int) -> str | None:
    return None if number % every else trouble


def _from(trouble: str, first: int, number: int) -> str | None:
    return trouble if number >= first else None


def test_a_run_that_is_killed_while_it_writes_into_a_store(
    store: Store, tally: Callable[[str, str], Tally]
) -> None:
    """At random moments, and, as publishing is short, after random numbers of requests."""
    figures = tally("store", "a run that is killed, at random moments and requests")
    random = np.random.default_rng(1)
    for moment in random.uniform(0, store.seconds, times(30, 0)):
        store.set_back()
        with store.start(NEW) as process:
            time.sleep(moment)
            process.send_signal(signal.SIGKILL)
            store.judge(end(process), figures)
    for n_requests in random.integers(1, store.n_requests, times(30, 1)):
        store.set_back()
        with store.start(NEW) as process:
            while store.proxy.n_requests < n_requests and process.poll() is None:
                time.sleep(0.001)
            process.send_signal(signal.SIGKILL)
            store.judge(end(process), figures)
