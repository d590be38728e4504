"""Are the figures of faults added up, and do they reach their page?"""

from __future__ import annotations

import doctest

from tests.faults import figures
from tests.faults.figures import BEGINNING, END, Tally, joined, written_page


def some_tallies() -> list[Tally]:
    killed = Tally("killed", "at once", {"whole": 2, "refused": 1})
    more = Tally("killed", "at once", {"whole": 1000})
    disk = Tally("disk", "full", {"error": 3})
    return joined([each.as_property for each in (disk, killed, more)] + [("other", 7)])


def test_the_examples_are_true() -> None:
    assert doctest.testmod(figures) == (0, 3)


def test_tallies_of_one_fault_are_added_up_in_the_order_of_the_page() -> None:
    assert some_tallies() == [
        Tally("killed", "at once", {"whole": 1002, "refused": 1}),
        Tally("disk", "full", {"error": 3}),
    ]


def test_a_page_keeps_the_figures_of_what_was_not_tried() -> None:
    killed, disk = some_tallies()
    empty = f"before\n\n{BEGINNING}\n{END}\n\nbehind\n"
    first = written_page(empty, [killed], ["no strace"])
    assert "| at once | 1,003 | 1 refused, 1,002 whole |" in first
    both = written_page(first, [disk], [])
    assert both.startswith("before\n\n")
    assert both.endswith("\n\nbehind\n")
    assert both.index("| at once | 1,003 |") < both.index("| full | 3 | 3 error |")
    assert "\n- no strace\n" in both
    assert written_page(both, [killed, disk], []) == both
