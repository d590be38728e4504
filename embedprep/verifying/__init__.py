"""Is an output what its manifest says?

Digests prove that files are those that were written: `recipe` has all pieces hashed. `rows`, with
`cells`, `statistics` and `documents`, and `derived` look at what the files hold, by way of
`contents` and `arrays`: they find what a program or a hand has made wrong and then listed. What a
damaged file holds is not looked at.
"""

from embedprep.verifying.contents import Problem
from embedprep.verifying.recipe import Verified, listed_bytes, verify

__all__ = ["Problem", "Verified", "listed_bytes", "verify"]
