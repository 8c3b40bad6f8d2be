"""Archives of arrays (.npz), which anything may have happened to."""

import zipfile
import zlib

NPZ_READ_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    EOFError,
    NotImplementedError,
)
"""What reading a damaged one raises; a bad compression byte the last."""
