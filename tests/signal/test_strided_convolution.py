import numpy as np
import pytest
import scipy.signal
import tensorflow as tf

from specgan.signal.strided_convolution import convolution
from specgan.signal.strided_convolution import for_other_runtimes
from specgan.signal.strided_convolution import transposed_convolution

# (batch, height and width of the maps, channels, filters): few channels, in
# cells in float32; many for the size, as matrix products in bfloat16; neither.
FEW, MANY, NEITHER = (2, 3, 5, 3, 6), (3, 2, 3, 24, 7), (2, 3, 4, 9, 5)
every_case = pytest.mark.parametrize("case", [FEW, MANY, NEITHER])
every_dtype = pytest.mark.parametrize("dtype", ["float32", "bfloat16"])


def stock_convolution(images, kernel):
    return tf.nn.conv2d(images, kernel, 2, "SAME")


def stock_transposed_convolution(maps, kernel):
    batch, height, width, _ = maps.shape
    shape = [batch, 2 * height, 2 * width, kernel.shape[2]]
    return tf.nn.conv2d_transpose(maps, kernel, shape, 2, "SAME")


both = pytest.mark.parametrize(
    "function, stock",
    [
        (convolution, stock_convolution),
        (transposed_convolution, stock_transposed_convolution),
    ],
)


def normal(shape, dtype="float32", seed=0):
    values = tf.random.stateless_normal(shape, [seed, 0])
    return tf.cast(values, dtype)


def arguments(function, case, dtype="float32"):
    batch, height, width, channels, filters = case
    inputs = (
        (batch, 2 * height, 2 * width, channels)
        if function is convolution
        else (batch, height, width, filters)
    )
    kernel = (4, 4, channels, filters)
    # Outputs of about 1, so that what follows amplifies no rounding.
    return normal(inputs, dtype), normal(kernel, dtype, seed=1) / 8


def close(found, expected, dtype="float32"):
    tolerance = {"float32": 1e-5, "bfloat16": 1e-2}[dtype]
    assert found.dtype == expected.dtype == dtype
    found, expected = (tf.cast(x, "float64") for x in (found, expected))
    scale = np.max(np.abs(expected))
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance * scale)


def derivatives(function, inputs, kernel):
    """Of a smooth function of the outputs: first, and of the first's norm."""
    with tf.GradientTape() as outer:
        outer.watch([inputs, kernel])
        with tf.GradientTape() as tape:
            tape.watch([inputs, kernel])
            value = tf.reduce_sum(tf.sin(function(inputs, kernel)))
        first = tape.gradient(value, [inputs, kernel])
        norms = [tf.reduce_sum(tf.sin(each)) for each in first]
        norm = norms[0] + norms[1]
    return first + outer.gradient(norm, [inputs, kernel])


def operations(function, *inputs):
    graph = tf.function(function).get_concrete_function(*inputs).graph
    return {operation.type for operation in graph.get_operations()}


@every_case
def test_convolution_equals_numpy(case):
    images, kernel = arguments(convolution, case)
    batch, height, width, channels, filters = case
    expected = np.zeros([batch, height, width, filters])
    padded = np.pad(images.numpy(), [(0, 0), (1, 1), (1, 1), (0, 0)])
    for b, c, f in np.ndindex(batch, channels, filters):
        expected[b, :, :, f] += scipy.signal.correlate2d(
            padded[b, :, :, c], kernel[:, :, c, f], mode="valid"
        )[::2, ::2]
    np.testing.assert_allclose(convolution(images, kernel), expected, atol=1e-4)


@every_case
def test_transposed_convolution_is_the_adjoint(case):
    images, kernel = arguments(convolution, case)
    maps, _ = arguments(transposed_convolution, case)
    np.testing.assert_allclose(
        np.vdot(maps, convolution(images, kernel)),
        np.vdot(transposed_convolution(maps, kernel), images),
        rtol=1e-4,
    )


@both
@every_case
@every_dtype
def test_outputs_equal_the_stock_operation(function, stock, case, dtype):
    inputs = arguments(function, case, dtype)
    close(function(*inputs), stock(*inputs), dtype)


@every_case
def test_outside_tensorflow_convolutions_take_its_place(case):
    inputs = arguments(transposed_convolution, case)
    with for_other_runtimes():
        close(
            transposed_convolution(*inputs),
            stock_transposed_convolution(*inputs),
        )
        found = operations(transposed_convolution, *inputs)
        assert {"Conv2D", "DepthToSpace"} <= found
    other = operations(transposed_convolution, *inputs)
    assert "Conv2D" not in other


@both
@every_case
def test_first_and_second_gradients_equal_stock(function, stock, case):
    inputs = arguments(function, case)
    for found, expected in zip(
        derivatives(function, *inputs),
        derivatives(stock, *inputs),
        strict=True,
    ):
        close(found, expected)


@both
@every_case
def test_bfloat16_gradients_equal_float32(function, stock, case):
    inputs = arguments(function, case, "bfloat16")
    # Linear in either, so that no rounding of the outputs is passed on.
    upstream = normal(function(*inputs).shape, "bfloat16", seed=2)

    def gradients(function, inputs, upstream):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            outputs = function(*inputs)
        return tape.gradient(outputs, inputs, upstream)

    expected = gradients(
        stock,
        [tf.cast(each, "float32") for each in inputs],
        tf.cast(upstream, "float32"),
    )
    found = gradients(function, list(inputs), upstream)
    for each, other in zip(found, expected, strict=True):
        close(each, tf.cast(other, "bfloat16"), "bfloat16")


@both
def test_gradient_of_a_gradient_penalty_in_bfloat16(function, stock):
    inputs, kernel = arguments(function, MANY, "bfloat16")

    def penalty_gradient(function, inputs, kernel):
        with tf.GradientTape() as outer:
            outer.watch(kernel)
            with tf.GradientTape() as tape:
                tape.watch(inputs)
                outputs = tf.cast(function(inputs, kernel), "float32")
                value = tf.reduce_sum(outputs)
            gradient = tf.cast(tape.gradient(value, inputs), "float32")
            penalty = tf.reduce_mean(tf.square(gradient))
        return outer.gradient(penalty, kernel)

    expected = penalty_gradient(
        stock, tf.cast(inputs, "float32"), tf.cast(kernel, "float32")
    )
    found = penalty_gradient(function, inputs, kernel)
    close(found, tf.cast(expected, "bfloat16"), "bfloat16")


@both
def test_what_is_rewritten(function, stock):
    def gradient(inputs, kernel):
        with tf.GradientTape() as tape:
            tape.watch([inputs, kernel])
            outputs = function(inputs, kernel)
        return tape.gradient(outputs, [inputs, kernel])

    def rewritten(case, dtype):
        found = operations(gradient, *arguments(function, case, dtype))
        return found & {"DepthToSpace", "MatMul"}

    assert rewritten(FEW, "float32") == {"DepthToSpace"}
    assert rewritten(MANY, "bfloat16") == {"DepthToSpace", "MatMul"}
    for case, dtype in [
        (FEW, "bfloat16"),
        (FEW, "float16"),
        (MANY, "float32"),
        (MANY, "float16"),
        (NEITHER, "float32"),
        (NEITHER, "bfloat16"),
    ]:
        assert not rewritten(case, dtype)


@both
def test_nothing_is_rewritten_where_there_is_a_gpu(
    function, stock, monkeypatch
):
    monkeypatch.setattr(tf.config, "get_visible_devices", lambda kind: [kind])
    found = operations(function, *arguments(function, FEW))
    assert not found & {"DepthToSpace", "IdentityN"}


@both
@pytest.mark.parametrize("case", [FEW, MANY])
@every_dtype
def test_compiled_by_xla(function, stock, case, dtype):
    inputs = arguments(function, case, dtype)
    compiled = tf.function(function, jit_compile=True)
    close(compiled(*inputs), stock(*inputs), dtype)


@both
@pytest.mark.parametrize("known", [0, 2])
def test_unknown_sizes(function, stock, known):
    # Of the batch alone, and of height and width too.
    inputs, kernel = arguments(function, FEW)
    shape = [None, *inputs.shape[1 : known + 1], *[None] * (2 - known)]
    shape.append(inputs.shape[3])

    @tf.function(input_signature=[tf.TensorSpec(shape)])
    def gradient(inputs):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            outputs = tf.reduce_sum(tf.sin(function(inputs, kernel)))
        return tape.gradient(outputs, inputs)

    close(gradient(inputs), derivatives(stock, inputs, kernel)[0])


@pytest.mark.parametrize("size", [5, 6])
@pytest.mark.parametrize("kernel_size", [1, 3, 4, 5])
def test_other_kernels_and_sizes(size, kernel_size):
    kernel = normal([kernel_size, kernel_size, 3, 5])
    images, maps = normal([2, size, size, 3]), normal([2, size, size, 5])
    close(convolution(images, kernel), stock_convolution(images, kernel))
    close(
        transposed_convolution(maps, kernel),
        stock_transposed_convolution(maps, kernel),
    )
