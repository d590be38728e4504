"""Who works on the blocks?

An engine does three things: `submit` a function, `reduce` results as a tree, `gather` them. The
functions are pure, so that every engine gives the same bytes. `in_order` works through many items
with a few on their way at a time.
"""

from embedprep.engines.ordered import in_order
from embedprep.engines.protocol import Engine, Future
from embedprep.engines.threads import ThreadEngine

__all__ = ["Engine", "Future", "ThreadEngine", "in_order"]
