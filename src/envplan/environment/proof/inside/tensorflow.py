"""TensorFlow at work; runs inside the environment."""

from __future__ import annotations

from typing import Any


def prove(session: Any, question: dict[str, Any]) -> None:
    """Say what it is, which devices it sees, and whether they compute."""
    tf = session.load("tensorflow")
    info = session.attempt("build", lambda: dict(tf.sysconfig.get_build_info())) or {}
    built = {"cuda": info.get("cuda_version"), "hip": info.get("rocm_version")}
    session.say(version=str(tf.__version__), built={name: text and str(text) for name, text in built.items()})
    session.attempt("devices", lambda: tf.config.set_soft_device_placement(False))  # never the CPU instead
    session.say(device="cpu", name="cpu", compute=None)
    _matmul(session, tf, "cpu", ("float32", "float64"))
    gpus = session.attempt("devices", lambda: tf.config.list_physical_devices("GPU")) or []
    for gpu in gpus:  # all of them, before the first is used
        session.attempt("devices", lambda gpu=gpu: tf.config.experimental.set_memory_growth(gpu, True))
    for index, gpu in enumerate(gpus):
        _device(session, tf, index, gpu, info)
    if len(gpus) > 1:
        session.check("gpu:0", "NCCL all-reduce", lambda: _reduce(session, tf, len(gpus)))


def _device(session: Any, tf: Any, index: int, gpu: Any, info: dict[str, Any]) -> None:
    key = f"gpu:{index}"
    details = session.attempt("devices", lambda: tf.config.experimental.get_device_details(gpu)) or {}
    compute = details.get("compute_capability")
    name = str(details.get("device_name") or gpu.name)
    session.say(device=key, name=name, compute=compute and ".".join(map(str, compute)))
    session.check(key, "allocate", lambda: _allocate(session, tf, key))
    _matmul(session, tf, key, ("float32", "float64", "float16", "bfloat16"))
    session.check(key, "convolution", lambda: _convolution(session, tf, key, info))


def _allocate(session: Any, tf: Any, key: str) -> Any:
    with tf.device("/" + key):
        total = float(tf.reduce_sum(tf.ones((session.many,), tf.float32)).numpy())
    return session.filled(total)


def _matmul(session: Any, tf: Any, key: str, types: tuple[str, ...]) -> None:
    left, right, wanted = session.matrices()

    def work(name: str) -> Any:
        kind = getattr(tf, name)
        with tf.device(f"/{'cpu:0' if key == 'cpu' else key}"):
            found = tf.matmul(tf.constant(left, kind), tf.constant(right, kind)).numpy()
        return session.compare(found.astype("float64").tolist(), wanted)

    for name in types:
        session.check(key, "matmul " + name, lambda name=name: work(name))


def _convolution(session: Any, tf: Any, key: str, info: dict[str, Any]) -> str:
    image, filters, wanted = session.images()
    with tf.device("/" + key):  # channels last is what every device knows
        made = tf.transpose(tf.constant(image, tf.float32), [0, 2, 3, 1])
        kernel = tf.transpose(tf.constant(filters, tf.float32), [2, 3, 1, 0])
        found = tf.transpose(tf.nn.conv2d(made, kernel, strides=1, padding="SAME"), [0, 3, 1, 2]).numpy()
    session.compare(found.tolist(), wanted, 1e-3)
    return f"built for cuDNN {info['cudnn_version']}" if info.get("cudnn_version") else ""


def _reduce(session: Any, tf: Any, count: int) -> str:
    strategy = tf.distribute.MirroredStrategy(cross_device_ops=tf.distribute.NcclAllReduce())

    def step() -> Any:
        return tf.distribute.get_replica_context().all_reduce("SUM", tf.constant(1.0))

    results = strategy.experimental_local_results(strategy.run(step))
    session.compare([float(one.numpy()) for one in results], [float(count)] * count)
    return f"{count} GPUs"
