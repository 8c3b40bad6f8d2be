import json
import pathlib
import platform
import time

from specgan.files import written_whole


class RunFolder:
    """The folder of one training: what was asked, the model, the records.

    ```
    run.json         the command with all its arguments, versions, state
    model.keras      the GAN after the last whole epoch, both optimizers in it
    spectrum.json    the spectral errors over the training
    samples/         a grid of samples every epoch
    events.out...    TensorBoard's records
    ```

    Args:
        path: The folder; it need not exist.
    """

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.record = self.path / "run.json"
        self.model = self.path / "model.keras"

    def require_new(self):
        """Raise a `ValueError` if there is anything in the folder."""
        if self.record.exists():
            other = json.loads(self.record.read_text())
            raise ValueError(
                f"The run folder {self.path} holds another run "
                f"({other['command']}, started {other['started']}). Expected "
                "a new or empty folder. Choose another --run, or remove it."
            )
        if self.path.exists() and (
            not self.path.is_dir() or any(self.path.iterdir())
        ):
            raise ValueError(
                f"The run folder {self.path} exists and is not a run. "
                "Expected a new or empty folder. Choose another --run."
            )

    def start(self, command, arguments):
        """Write what is run, before it runs."""
        import keras
        import tensorflow as tf

        self._write(
            {
                "command": command,
                "arguments": arguments,
                "started": time.strftime("%Y-%m-%d %H:%M:%S"),
                "finished": None,
                "versions": {
                    "python": platform.python_version(),
                    "tensorflow": tf.__version__,
                    "keras": keras.__version__,
                },
            }
        )

    def finish(self):
        """Note that the run came to its end."""
        self._write(
            {
                **json.loads(self.record.read_text()),
                "finished": time.strftime("%Y-%m-%d %H:%M:%S"),
            }
        )

    def _write(self, record):
        with written_whole(self.record) as path:
            path.write_text(json.dumps(record, indent=2) + "\n")

    def save(self, gan):
        """Write the GAN, compiled, whole or not at all."""
        with written_whole(self.model) as path:
            gan.save(path)

    def load(self):
        """The trained GAN; a `.keras` file may stand for its run folder.

        Returns:
            The GAN, compiled with both optimizers.

        Raises:
            ValueError: If there is no model or it cannot be read.
        """
        import keras

        import zoo  # noqa: F401, registers the classes that files name.

        path = self.path if self.path.suffix == ".keras" else self.model
        if not path.is_file():
            raise ValueError(
                f"There is no trained model at {path}. Expected the folder "
                "that `specgan train --run FOLDER` made, after its first "
                "epoch, or a .keras file."
            )
        try:
            return keras.models.load_model(path)
        except Exception as error:  # Broken archives fail in many ways.
            raise ValueError(
                f"{path} is not a readable specgan model: {error}"
            ) from error
