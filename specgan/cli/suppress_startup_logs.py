"""TensorFlow without its start-up remarks: import this before anything of it.

What an import that fails has written is shown.
"""

from specgan.startup_logs import startup_logs_suppressed

with startup_logs_suppressed():
    import tensorflow  # noqa: F401
