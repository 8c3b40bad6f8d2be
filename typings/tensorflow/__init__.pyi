# TensorFlow has no types, and the few that pyright ships for it are partial:
# here all of it may be anything.
from typing import Any

def __getattr__(name: str) -> Any: ...
