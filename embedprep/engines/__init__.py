"""Who works on the blocks?

An engine does three things: `submit` a function, `reduce` results as a tree, `gather` them. No
function depends on when the others run: what it changes, such as its rows of a file or its words'
counts in an array of threads, no other does. So every engine gives the same bytes. `in_turn` works
through many calls, a few at a time.
"""

from embedprep.engines.protocol import Engine, Future
from embedprep.engines.threads import ThreadEngine, available_cores
from embedprep.engines.turns import in_turn

__all__ = ["Engine", "Future", "ThreadEngine", "available_cores", "in_turn"]
