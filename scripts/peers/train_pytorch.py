"""Trains in PyTorch what a Lockstep run's run.json says, on the same files, and writes its metrics in the same form.

Usage: python train_pytorch.py RUN.JSON DATA SEED METRICS.CSV     (Python must have torch and yaml)

BatchNorm takes its statistics over the whole global batch, as Lockstep does with one micro-batch. Draws are PyTorch's own: the two sides
agree in distribution, not in bits.
"""
import gzip
import json
import math
import pathlib
import struct
import sys
import time

import numpy as np
import torch
import torch.nn as nn

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "Tests/NetworksTests/Golden"))
from pytorch_model import Network, summed_loss  # noqa: E402

# Mean and deviation per channel, as Sources/Datasets/DatasetFormat.swift has them.
NORMALISATION = {
    "cifar10": ((0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)),
    "mnist": ((0.1307,), (0.3081,)),
    "fashion-mnist": ((0.2860,), (0.3530,)),
}


class TrainedNetwork(Network):
    """In float32, with dropout, without the notes on rounding, and with the initialisations that the model names."""

    def layer(self, kind, settings, x, name):
        if kind == "dropout":
            return nn.Dropout(settings["rate"])
        module = super().layer(kind, settings, x, name)
        initialisation = settings.get("initialisation", "uniform")
        if initialisation == "he":
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif initialisation != "uniform":  # which is PyTorch's default
            sys.exit(f"error: initialisation {initialisation} is not compared")
        return module

    def observe(self, module, note):
        pass


class Images:
    """A half of a data set, in bytes [N, H, W, C]."""

    def __init__(self, directory, name, training):
        self.pixels, self.labels = (cifar if name == "cifar10" else digits)(pathlib.Path(directory), training)
        self.mean, self.deviation = (np.array(values, np.float32) for values in NORMALISATION[name])

    def batch(self, indices):
        return self.normalised(self.pixels[indices], indices)

    def augmented(self, indices, random, flip, crop):
        """Padded by `crop` black pixels, cut out at a random place, mirrored with probability ½."""
        height, width = self.pixels.shape[1:3]
        padded = np.pad(self.pixels[indices], ((0, 0), (crop, crop), (crop, crop), (0, 0)))
        top, left = random.integers(0, 2 * crop + 1, (2, len(indices), 1))
        mirrored = random.random((len(indices), 1)) < (0.5 if flip else 0)
        rows = top + np.arange(height)
        columns = left + np.where(mirrored, np.arange(width)[::-1], np.arange(width))
        return self.normalised(padded[np.arange(len(indices))[:, None, None], rows[:, :, None], columns[:, None, :]], indices)

    def normalised(self, pixels, indices):
        values = (pixels.astype(np.float32) / np.float32(255) - self.mean) / self.deviation
        return torch.from_numpy(values), torch.from_numpy(self.labels[indices])


def cifar(directory, training):
    names = [f"data_batch_{number}.bin" for number in range(1, 6)] if training else ["test_batch.bin"]
    records = np.concatenate([np.fromfile(directory / name, np.uint8).reshape(-1, 3073) for name in names])
    return np.ascontiguousarray(records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)), records[:, 0].astype(np.int64)


def digits(directory, training):
    half = "train" if training else "t10k"
    pixels, labels = (idx(directory / f"{half}-{kind}-ubyte") for kind in ("images-idx3", "labels-idx1"))
    return pixels[..., None], labels.astype(np.int64)


def idx(path):
    content = path.read_bytes() if path.exists() else gzip.decompress(path.with_name(path.name + ".gz").read_bytes())
    shape = struct.unpack(f">{content[3]}I", content[4:4 + 4 * content[3]])
    return np.frombuffer(content, np.uint8, offset=4 + 4 * len(shape)).reshape(shape)


def factor(schedule, epoch, epochs, step, steps):
    """What the rate is multiplied by, as Sources/Training/Schedule.swift has it."""
    if schedule == "constant":
        return 1
    (shape, settings), = schedule.items()
    if shape == "step":
        return settings["factor"] ** (epoch // settings["every"])
    if shape == "multi-step":
        return settings["factor"] ** sum(milestone <= epoch for milestone in settings["after"])
    if shape == "cosine":
        return settings["end"] + (1 - settings["end"]) / 2 * (1 + math.cos(math.pi * epoch / epochs))
    if shape == "linear":
        return 1 - (1 - settings["end"]) * min(1, step / (settings["share"] * steps))
    sys.exit(f"error: schedule {shape} is not compared")


def refuse_what_is_not_compared(experiment):
    optimiser, split = experiment["optimiser"], experiment.get("split", {})
    found = [key for key in ("plateau", "early-stopping") if key in experiment]
    found += [key for key in ("clip", "lars", "momentum-until", "momentum-ramp") if key in optimiser]
    found += ["decays"] * (optimiser["decays"] != "all") + ["split"] * (split.get("validation", 0) > 0 or split.get("subset", 1) < 1)
    found += ["micro-batches"] * (experiment["micro-batches"] != 1) + ["data"] * (experiment["data"]["format"] not in NORMALISATION)
    if found or "warm-up" in experiment["schedule"]:
        sys.exit(f"error: not compared: {', '.join(found or ['warm-up'])}")


class Figures:
    """Sums over samples."""

    def __init__(self):
        self.samples = self.loss = self.correct = 0

    def add(self, loss, outputs, labels):
        self.samples += len(labels)
        self.loss += loss.item()
        self.correct += (outputs.argmax(1) == labels).sum().item()

    def line(self, epoch, step, split, rate, seconds):
        return (f"{epoch},{step},{split},{self.samples},{self.loss / self.samples},{self.correct / self.samples},{rate},"
                f"{seconds:.6f},{self.samples / seconds:.1f}")


def main(run, data, seed, metrics):
    experiment = json.loads(pathlib.Path(run).read_text())["experiment"]
    refuse_what_is_not_compared(experiment)
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    training, test = (Images(data, experiment["data"]["format"], half) for half in (True, False))
    network = TrainedNetwork(experiment["model"])
    network.body.float().to(memory_format=torch.channels_last)
    settings, batch, epochs = experiment["optimiser"], experiment["global-batch"], experiment["epochs"]
    optimiser = torch.optim.SGD(
        network.body.parameters(), lr=settings["rate"], momentum=settings["momentum"], nesterov=settings["nesterov"],
        weight_decay=settings["weight-decay"])
    count, step = len(training.labels), 0
    steps = epochs * math.ceil(count / batch)

    with open(metrics, "w") as log:
        def report(line):
            print(line, file=log, flush=True)
            print(line, flush=True)

        report("epoch,step,split,samples,loss,accuracy,learning_rate,seconds,images_per_second")
        for epoch in range(epochs):
            order, figures, start = random.permutation(count), Figures(), time.perf_counter()
            for first in range(0, count, batch):
                rate = settings["rate"] * factor(experiment["schedule"], epoch, epochs, step, steps)
                for group in optimiser.param_groups:
                    group["lr"] = rate
                images, labels = training.augmented(order[first:first + batch], random, **experiment["augmentation"])
                outputs = network.forward(images)
                loss = summed_loss(outputs, labels, experiment["loss"])
                optimiser.zero_grad()
                (loss / len(labels)).backward()
                optimiser.step()
                figures.add(loss, outputs, labels)
                step += 1
            report(figures.line(epoch + 1, step, "train", rate, time.perf_counter() - start))
            figures, start = Figures(), time.perf_counter()
            with torch.no_grad():
                for first in range(0, len(test.labels), batch):
                    images, labels = test.batch(np.arange(first, min(first + batch, len(test.labels))))
                    outputs = network.forward(images, training=False)
                    figures.add(summed_loss(outputs, labels, experiment["loss"]), outputs, labels)
            report(figures.line(epoch + 1, step, "test", rate, time.perf_counter() - start))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4])
