"""Where does an input or an output lie: on a disk, or at an address?

In reading order: `addresses` tells both apart and has what can be done at an address, `requests`
asks it of a server, and `streams` reads what lies there from front to back. fsspec, and the package
that it needs for each kind of address, are imported where the first thing is asked.
"""

from embedprep.places.addresses import Place, RemoteError, Url, is_url, place_of, shown

__all__ = ["Place", "RemoteError", "Url", "is_url", "place_of", "shown"]
