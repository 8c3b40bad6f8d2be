import numpy as np
import tensorflow as tf

from specgan.losses.gradient_scaling import scaled_to
from tests.contracts import two_replicas
from tests.contracts import uniform


def test_norm_and_direction():
    gradient, reference = uniform(2, 3, 4), uniform(2, 3, 4, seed=1)
    scaled = scaled_to(tf.constant(gradient), tf.constant(reference), 0.3)
    expected = 0.3 * np.linalg.norm(reference.ravel())
    np.testing.assert_allclose(
        np.linalg.norm(np.ravel(scaled)), expected, rtol=1e-5
    )
    np.testing.assert_allclose(
        scaled / expected, gradient / np.linalg.norm(gradient), rtol=1e-5
    )


def test_nothing_stays_nothing():
    zeros, ones = tf.zeros([4]), tf.ones([4])
    np.testing.assert_array_equal(scaled_to(zeros, ones, 1.0), zeros)
    np.testing.assert_array_equal(scaled_to(ones, zeros, 1.0), zeros)


def test_norms_are_those_of_all_replicas():
    gradient, reference = uniform(4, 3), uniform(4, 3, seed=1)
    whole = scaled_to(tf.constant(gradient), tf.constant(reference), 0.5)

    def on_replica(context):
        part = slice(2 * context.replica_id_in_sync_group, None)
        rows = [tf.constant(one)[part][:2] for one in (gradient, reference)]
        return scaled_to(*rows, 0.5)

    strategy = two_replicas()
    parts = strategy.run(
        lambda: on_replica(tf.distribute.get_replica_context())
    )
    together = np.concatenate(strategy.experimental_local_results(parts))
    np.testing.assert_allclose(together, whole, rtol=1e-5)
