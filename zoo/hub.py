"""Presets of the Hugging Face Hub, through its own client."""

import importlib
import pathlib
import re
from typing import Any

from zoo.preset_files import CARD
from zoo.preset_files import RECORD
from zoo.preset_files import SAMPLES

SCHEME = "hf://"

_ADDRESS = re.compile(r"hf://([\w.-]+/[\w.-]+)(?:@([\w./-]+))?")

# All that a preset has: a repository may hold anything beside it.
_FILES = [RECORD, CARD, SAMPLES, "*.pb", "variables/*"]


def fetch(address: str) -> pathlib.Path:
    """The folder of a preset of the Hub, from the cache or the network.

    Where it lies, and whether the network is asked, huggingface_hub reads
    from `HF_HOME` and `HF_HUB_OFFLINE`.

    Args:
        address: "hf://owner/name", or with a commit, branch or tag
            "hf://owner/name@revision".

    Returns:
        A path within the cache of huggingface_hub.

    Raises:
        ValueError: If that is no address, there is no such repository or none
            with a preset, or huggingface_hub is not installed.
        OSError: If it cannot be reached and is not in the cache.
    """
    found = _ADDRESS.fullmatch(address)
    if not found:
        raise _no_address(address)
    download, errors = _client(address)
    repository, revision = found.groups()
    try:
        folder = download(repository, revision=revision, allow_patterns=_FILES)
    except errors.HFValidationError:  # It alone knows all names there can be.
        raise _no_address(address) from None
    # Before its kin of a network that is not there.
    except (errors.RepositoryNotFoundError, errors.RevisionNotFoundError):
        raise ValueError(
            "The Hugging Face Hub has no such preset, or it is private. "
            "Expected hf://owner/name of a repository, and after @ a commit, "
            f"branch or tag of it. Received: {address!r}. See "
            f"https://huggingface.co/{repository}."
        ) from None
    except Exception as error:  # Networks fail in many ways.
        reason = str(error).splitlines() or [type(error).__name__]
        raise OSError(
            f"{address} could not be fetched, and it is not in the cache. "
            "Expected a connection to the Hugging Face Hub, or a preset "
            f"fetched before. Received: {reason[0].rstrip('.')}. Without a "
            "connection, copy the folder here and give its path; "
            "HF_HUB_OFFLINE must not be set to fetch."
        ) from error
    # What else must be there depends on the version, which the record says.
    if not (pathlib.Path(folder) / RECORD).is_file():
        raise ValueError(
            f"{address} is not a preset of specgan. Expected {RECORD} and a "
            "SavedModel, as zoo.save_preset writes them. Received: "
            f"{folder}."
        )
    return pathlib.Path(folder)


def _no_address(address):
    return ValueError(
        "A preset of the Hugging Face Hub has an owner and a name. Expected "
        "hf://owner/name or hf://owner/name@revision. Received: "
        f"{address!r}."
    )


def _client(address) -> tuple[Any, Any]:
    """huggingface_hub's function and errors, which come with an extra."""
    try:
        client = importlib.import_module("huggingface_hub")
        errors = importlib.import_module("huggingface_hub.errors")
        return client.snapshot_download, errors  # Imported only here.
    except ImportError as error:
        raise ValueError(
            f"huggingface_hub is not installed, which {address} needs. "
            f"Received: {error}. Install it: pip install 'specgan[hub]'."
        ) from error
