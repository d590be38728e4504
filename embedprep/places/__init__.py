"""Where does an input or an output lie: on a disk, or at an address?

In reading order: `names` tells both apart, `addresses` has what can be done at an address,
`requests` asks it of a server, and `streams` reads what lies there from front to back. fsspec, and
the package that it needs for each kind of address, are imported where the first thing is asked.
"""

from embedprep.places.addresses import Place, Url, place_of
from embedprep.places.names import RemoteError, is_folder, is_url, path_text, shown

__all__ = ["Place", "RemoteError", "Url", "is_folder", "is_url", "path_text", "place_of", "shown"]
