"""TensorFlow without its start-up remarks: import this before anything of it.

They are written by C++ before any log level is heard. What an import that
fails has written is shown.
"""

import contextlib
import os
import sys
import tempfile


@contextlib.contextmanager
def _without_remarks():
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as remarks:
        os.dup2(remarks.fileno(), 2)
        try:
            yield
        except BaseException:
            remarks.seek(0)
            os.write(kept, remarks.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)


with _without_remarks():
    import tensorflow  # noqa: F401
