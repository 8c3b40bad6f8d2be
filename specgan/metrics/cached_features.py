import hashlib
import json
import pathlib
import warnings
from typing import Any

import numpy as np

from specgan.errors import DamagedFile
from specgan.files import damage_named
from specgan.files import written_whole
from specgan.metrics.feature_network import FeatureNetwork
from specgan.typing import PathLike
from specgan.user_folders import cache_folder


class CachedFeatures(FeatureNetwork):
    """A feature network that remembers, on disk, the images it has seen.

    The features of a batch are found by a SHA-256 over its pixels, its shape
    and the network's protocol (weights, resizer, ...). Other images, another
    order, other weights or another resizer have another hash: what is found
    can never be stale. An interrupted evaluation finds what it had computed.
    Features that are not finite are neither kept nor found. Delete the folder
    to be rid of it.

    Args:
        network: A `FeatureNetwork`.
        folder: None takes `features` in `$SPECGAN_CACHE`, or in `specgan` in
            `$XDG_CACHE_HOME` or `~/.cache`.

    Attributes:
        found: Images whose features were found so far.
        computed: Images whose features were computed.

    Example:
    >>> features = metrics.CachedFeatures(metrics.InceptionFeatures())
    >>> fid = metrics.FrechetInceptionDistance(features)
    """

    def __init__(self, network: FeatureNetwork, folder: PathLike | None = None):
        self._network = network
        if folder is None:
            folder = cache_folder() / "features"
        self.folder = pathlib.Path(folder).expanduser()
        self.found = 0
        self.computed = 0

    @property
    def name(self) -> str:
        return self._network.name

    @property
    def dimension(self) -> int:
        return self._network.dimension

    @property
    def protocol(self) -> dict[str, Any]:
        return self._network.protocol

    def __call__(self, images):
        path = self.folder / f"{self._key(images)}.npz"
        features = self._read(path, len(images))
        if features is not None:
            self.found += len(images)
            return features
        features = self._network(images)
        self.computed += len(images)
        if not np.all(np.isfinite(features)):
            return features  # Whatever made them may be mended.
        try:
            with written_whole(path) as temporary, temporary.open("wb") as file:
                np.savez(file, features=features)  # With a checksum.
        except OSError as error:
            warnings.warn(
                f"Features cannot be kept in {self.folder}: {error}. The next "
                "evaluation will compute them again; make room there.",
                stacklevel=2,
            )
        return features

    def _key(self, images):
        images = np.ascontiguousarray(images)
        about = [self.protocol, images.shape, str(images.dtype)]
        digest = hashlib.sha256(json.dumps(about, sort_keys=True).encode())
        digest.update(images.data)
        return digest.hexdigest()

    def _read(self, path, count):
        try:
            with (
                damage_named(path, "an archive of features"),
                path.open("rb") as file,
                np.load(file, allow_pickle=False) as arrays,
            ):
                features = arrays["features"]
        except (OSError, DamagedFile):
            return None  # Not there, or damaged: computed again.
        is_whole = (
            features.dtype == np.float32
            and features.shape == (count, self.dimension)
            and np.all(np.isfinite(features))
        )
        return features if is_whole else None
