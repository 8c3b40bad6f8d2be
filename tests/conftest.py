"""What all tests share: quiet, seeded, on two logical CPU devices."""

import gc
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ["XDG_DATA_HOME"] = "/nonexistent"  # Of no models of the user's own.

import keras  # noqa: E402
import pytest  # noqa: E402
import tensorflow as tf  # noqa: E402

from specgan.signal import implementations  # noqa: E402

# Its assertions are the tests'; pytest must explain them too.
pytest.register_assert_rewrite("tests.contracts")

# What is imported stays, and is not gone through by each collection of garbage.
gc.freeze()

# Two devices on one processor, so that MirroredStrategy has two replicas.
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0],
    [tf.config.LogicalDeviceConfiguration()] * 2,
)


def pytest_collection_finish(session):
    """Tiny graphs run once or twice: TensorFlow's rewriting of them takes a
    fifth of the time of the quick tests. With slow ones among them all have
    it, as users do: what tests share would round otherwise than their own."""
    slow = any(item.get_closest_marker("slow") for item in session.items)
    tf.config.optimizer.set_experimental_options(
        {"disable_meta_optimizer": not slow}
    )


@pytest.fixture(autouse=True)
def same_state():
    keras.utils.set_random_seed(0)
    yield
    keras.config.set_dtype_policy("float32")


@pytest.fixture(autouse=True, scope="module")
def fresh_session():
    yield
    keras.backend.clear_session()
    # What TensorFlow and Keras keep all the same is not gone through again.
    gc.freeze()


@pytest.fixture(autouse=True, scope="module")
def filters_without_xla(request):
    """Tiny alias-free networks: XLA would compile each of their many filters.

    Tests of the filters and of their layers have XLA, as users do, and so have
    the slow tests.
    """
    path = request.path.parts
    if "signal" in path or "layers" in path or "slow" in path:
        yield
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(
            implementations.IMPLEMENTATIONS,
            "polyphase",
            implementations.Implementation(
                implementations.polyphase, jit_compile=False
            ),
        )
        yield
