"""What a user could do as well: a data set of drawn digits, one step of `lockstep train` on it, and what stands in its checkpoint."""
import json
import struct
import subprocess

import numpy as np


def write_digits(directory, pixels, labels, height, width):
    """Training and test set alike, in MNIST's layout."""
    for split in ("train", "t10k"):
        header = struct.pack(">4I", 0x803, len(labels), height, width)
        (directory / f"{split}-images-idx3-ubyte").write_bytes(header + pixels.tobytes())
        (directory / f"{split}-labels-idx1-ubyte").write_bytes(struct.pack(">2I", 0x801, len(labels)) + bytes(labels))


def one_step(lockstep, directory, model, loss, rate, samples):
    """The checkpoint's tensors, flat, and the mean losses of the step (`train`) and of the test set after it (`test`)."""
    run, recipe = directory / f"run-{rate:g}", directory / f"{rate:g}.yaml"
    experiment = {"model": model, "epochs": 1, "global-batch": samples, "micro-batches": 1, "optimiser": {"rate": rate}, "loss": loss}
    recipe.write_text(json.dumps({"experiment": experiment, "execution": {"data": str(directory), "run": str(run)}}))
    subprocess.run([lockstep, "train", str(recipe)], check=True, capture_output=True)
    rows = [line.split(",") for line in (run / "metrics.csv").read_text().splitlines()[1:]]
    return read_checkpoint(next((run / "checkpoints").glob("*.safetensors"))), {row[2]: float(row[4]) for row in rows}


def read_checkpoint(path):
    content = path.read_bytes()
    size = struct.unpack("<Q", content[:8])[0]
    values = content[8 + size:]
    return {name: np.frombuffer(values[slice(*entry["data_offsets"])], "<f4").astype(np.float64)
            for name, entry in json.loads(content[8:8 + size]).items() if name != "__metadata__"}
