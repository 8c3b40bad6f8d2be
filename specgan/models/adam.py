import keras
import tensorflow as tf

from specgan.models.keras_internals import adam_moments
from specgan.typing import Tensor
from specgan.typing import TensorLike


@keras.saving.register_keras_serializable(package="specgan")
class Adam(keras.optimizers.Adam):
    """Keras' Adam, each variable updated by one kernel.

    The same optimizer: arguments, variables and updates are those of
    `keras.optimizers.Adam` up to rounding. Keras composes an update from a
    dozen operations, each of which reads and writes memory; that time does
    not depend on the batch, so that it counts where batches are small.

    Formula, at step t with gradient g:

    ```
    m = beta_1 m + (1 - beta_1) g
    v = beta_2 v + (1 - beta_2) g^2
    w = w - learning_rate sqrt(1 - beta_2^t) / (1 - beta_1^t)
            * m / (sqrt(v) + epsilon)
    ```

    What the kernel does not do is left to Keras' own code: `amsgrad`, sparse
    gradients, variables that are not float32, and several replicas.

    Args:
        *args, **kwargs: Those of `keras.optimizers.Adam`.

    Example:
    >>> gan.compile(Adam(2e-4, beta_1=0.5), Adam(2e-4, beta_1=0.5))

    Reference:
        Kingma & Ba, ICLR 2015, arXiv:1412.6980, Algorithm 1 and the end of
        Section 2.
    """

    def update_step(
        self,
        gradient: Tensor,
        variable: keras.Variable,
        learning_rate: TensorLike,
    ) -> None:
        if not self._fits_kernel(gradient, variable):
            super().update_step(gradient, variable, learning_rate)
            return
        first, second = adam_moments(self, variable)
        step = tf.cast(self.iterations + 1, tf.float32)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=first.value.handle,
            v=second.value.handle,
            beta1_power=tf.pow(self.beta_1, step),
            beta2_power=tf.pow(self.beta_2, step),
            lr=tf.cast(learning_rate, tf.float32),
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon,
            grad=tf.cast(gradient, tf.float32),
        )

    def _fits_kernel(self, gradient, variable):
        return (
            not self.amsgrad
            and not isinstance(gradient, tf.IndexedSlices)
            and isinstance(variable, tf.Variable)
            and variable.dtype == tf.float32
            and tf.distribute.get_strategy().num_replicas_in_sync == 1
        )
