# Imported where a name asks for it; its own types are of no use to us.
from typing import Any

def __getattr__(name: str) -> Any: ...
