#!/usr/bin/env python3
"""Computes the golden values of NetworkGoldenTests with PyTorch (2.13, CPU), in float64, and stores them as float32.

Usage: python make_networks.py LOCKSTEP        (the binary; needs torch and yaml; writes networks.json and networks.bin beside itself)

Every model goes through Lockstep first: PyTorch builds what `lockstep model show --yaml` prints, so that the two cannot share a mistake in
reading. Inputs follow from an integer hash (Tests/TestSupport/HashedFloats.swift); `stream` is the first one whose images leave every
value far enough from a kink.

networks.json: of each network its written form, batch, loss, the stream of its images, the summed losses of one training pass and, after the running statistics took their step, of evaluation; each parameter's name and the sum of its gradient
times hashed numbers. networks.bin, little-endian float32, network by network: the outputs in training, the gradients sampled at every
k-th value (k odd, so that at most 48 are left), running means and variances of each BatchNorm in turn, the outputs in evaluation.
"""
import json
import pathlib
import sys
import tempfile
from typing import NamedTuple

import numpy as np
import torch

from pytorch_model import Network, hashed, printed, summed_loss

SAMPLED, PROJECTION_STREAM, CLEARANCE = 48, 900, 1.5e-6
HERE = pathlib.Path(__file__).resolve().parent

CONV = "convolution: {channels: %d, kernel: 3, padding: 1}"
# Each in a line: name, input, loss, layers in front of the last linear one.
SMALL = [
    ("rectangular kernel, stride 3", [13, 11, 3], "softmax", "[convolution: {channels: 6, kernel: [3, 5], stride: 3, padding: 2}, relu]"),
    ("even kernels, same", [7, 8, 3], "softmax",
     "[convolution: {channels: 5, kernel: [2, 4], padding: same}, relu, convolution: {channels: 4, kernel: 4, padding: same, dilation: 3}]"),
    ("odd and even, same, dilated", [8, 7, 2], "softmax", "[convolution: {channels: 4, kernel: [3, 2], padding: same, dilation: 2}, relu]"),
    ("dilation 2 and 3", [14, 13, 2], "softmax",
     "[convolution: {channels: 4, kernel: 3, dilation: 2}, relu, convolution: {channels: 3, kernel: 3, dilation: 3, padding: 2}]"),
    ("depthwise", [9, 9, 6], "softmax",
     "[convolution: {channels: 12, kernel: 3, groups: 6, stride: 2, bias: false}, relu, convolution: {channels: 5, kernel: 1}]"),
    ("grouped, same", [6, 7, 4], "softmax", "[convolution: {channels: 6, kernel: [4, 2], groups: 2, padding: same, dilation: 2}]"),
    ("poolings", [11, 10, 3], "softmax",
     "[max-pool: {size: 3, stride: 2, padding: 1}, convolution: {channels: 5, kernel: 2}, average-pool: {size: 3, stride: 1, padding: 1}]"),
    ("global average pool", [7, 5, 3], "softmax", f"[{CONV % 6}, relu, global-average-pool]"),
    ("batch-norm after convolution", [6, 6, 3], "softmax", f"[{CONV % 5}, batch-norm, relu]"),
    ("batch-norm settings", [6, 5, 3], "softmax", f"[{CONV % 5}, batch-norm: {{epsilon: 0.0625, momentum: 0.25}}, relu]"),
    ("batch-norm after linear", [4, 4, 3], "softmax", "[flatten, linear: {outputs: 12, bias: false}, batch-norm, relu]"),
    ("batch-norm of images", [5, 5, 3], "softmax", f"[batch-norm, {CONV % 4}, batch-norm: {{momentum: 1}}]"),
    ("identity shortcut", [6, 6, 4], "softmax", f"[{CONV % 4}, residual: {{layers: [{CONV % 4}, batch-norm, relu, {CONV % 4}]}}, relu]"),
    ("projection shortcut", [7, 7, 4], "softmax",
     "[convolution: {channels: 4, kernel: 1}, residual: {layers: [convolution: {channels: 6, kernel: 3, stride: 2, padding: 1}, "
     "batch-norm], shortcut: [convolution: {channels: 6, kernel: 1, stride: 2, bias: false}, batch-norm]}, relu]"),
    ("padded shortcut", [8, 7, 3], "softmax",
     "[convolution: {channels: 4, kernel: 3}, relu, residual: {layers: [convolution: {channels: 7, kernel: 3, stride: 2, padding: 1}, relu, "
     f"{CONV % 7}], shortcut: [max-pool: {{size: 1, stride: 2}}, pad-channels: {{channels: 7}}]}}, relu]"),
    ("pre-activation", [6, 6, 3], "softmax",
     f"[{CONV % 4}, residual: {{layers: [batch-norm, relu, {CONV % 4}, batch-norm, relu, {CONV % 4}]}}, "
     f"residual: {{layers: [relu, {CONV % 4}]}}, relu, global-average-pool]"),
    ("nested residuals", [5, 6, 3], "softmax",
     f"[{CONV % 4}, residual: {{layers: [residual: {{layers: [relu, {CONV % 4}]}}, relu, {CONV % 4}], "
     f"shortcut: [residual: {{layers: [{CONV % 4}], shortcut: [{CONV % 4}, batch-norm]}}, relu]}}, relu]"),
    ("residual of images", [5, 5, 3], "softmax", f"[residual: {{layers: [{CONV % 3}, relu], shortcut: [{CONV % 3}]}}]"),
    ("label smoothing", [5, 5, 2], {"softmax": {"label-smoothing": 0.1}}, f"[{CONV % 4}, relu]"),
    ("euclidean", [5, 5, 2], "euclidean", f"[{CONV % 4}, batch-norm, relu]"),
]
# Built-in models: name and input.
BUILT_IN = [("mlp", "28,28,1"), ("mnist-cnn", "28,28,1"), ("lenet5", "32,32,3"), ("lenet5-dilated", "32,32,3"),
            ("lenet5-depthwise", "32,32,3"), ("lenet5-shallow", "28,28,1"), ("lenet5-deep", "32,32,3"), ("resnet8", "32,32,3"),
            ("resnet8-plain", "32,32,3"), ("resnet20", "32,32,3"), ("cnn200", "32,32,3")]
# simple-cnn with the option width = 0.5, for which the command has no flag; NetworkGoldenTests holds it against the built-in one.
NARROW = """{name: simple-cnn, input: [28, 28, 1], classes: 10, layers: [convolution: {channels: 16, kernel: 5, padding: same}, relu,
  max-pool: {size: 2}, convolution: {channels: 32, kernel: 5, padding: same}, relu, max-pool: {size: 2}, flatten, linear: {outputs: 512},
  relu, linear: {outputs: 10}]}"""


def without_dropout(layers):
    return [{"dropout": {"rate": 0}} if isinstance(layer, dict) and "dropout" in layer else layer for layer in layers]


def built_in(lockstep, name, shape, classes):
    model = printed(lockstep, name, "--input", shape, "--classes", str(classes))
    return dict(model, layers=without_dropout(model["layers"]))


def printed_text(lockstep, text):
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(text)
        file.flush()
        return printed(lockstep, file.name)


def data(model, batch, stream):
    height, width, channels = model["input"]
    images = torch.tensor(hashed(batch * height * width * channels, stream) * 2).reshape(batch, height, width, channels)
    return images, torch.tensor([(7 * sample + 3) % model["classes"] for sample in range(batch)])


class Results(NamedTuple):
    """All that a network's record is of; arrays in full, flat, in Lockstep's layouts."""
    outputs: np.ndarray
    gradients: list  # of (name, gradient of the summed loss)
    statistics: list  # running means and variances in turn
    evaluated: np.ndarray
    training: float
    evaluation: float


def results(network, outputs, images, labels, loss):
    """Goes on from a forward pass in training, which gave `outputs` and moved the running statistics."""
    value = summed_loss(outputs, labels, loss)
    gradients = network.gradients(value)
    statistics = [moments.numpy() for _, norm in network.statistics for moments in (norm.running_mean, norm.running_var)]
    with torch.no_grad():
        evaluated = network.forward(images, training=False)
    return Results(outputs.detach().numpy().ravel(), gradients, statistics, evaluated.numpy().ravel(), value.item(),
                   summed_loss(evaluated, labels, loss).item())


def described(name, model, batch, loss, stream, network, found):
    """A record's entry in the JSON file and its values."""
    parameters = [{"name": parameter, "projection": float(gradient @ hashed(gradient.size, PROJECTION_STREAM))}
                  for parameter, gradient in found.gradients]
    sampled = [gradient[::-(-gradient.size // SAMPLED) | 1] for _, gradient in found.gradients]
    return {"name": name, "model": model, "batch": batch, "loss": loss, "stream": stream, "training": found.training,
            "evaluation": found.evaluation, "parameters": parameters,
            "statistics": [name for name, _ in network.statistics]}, np.concatenate(
                [found.outputs, *sampled, *found.statistics, found.evaluated])


def record(name, model, batch, loss):
    for stream in range(1, 60):
        network = Network(model)
        network.set_hashed()
        images, labels = data(model, batch, stream)
        outputs = network.forward(images)
        if min(network.margins, default=1) > CLEARANCE * min(network.conditioning, 4):
            break
    else:
        sys.exit(f"{name}: no images stay clear of kinks")
    conditioning = network.conditioning
    entry, values = described(name, model, batch, loss, stream, network, results(network, outputs, images, labels, loss))
    print(f"{name}: images {stream}, conditioning {conditioning:.1f}, {values.size} values")
    return entry, values


def write(stem, records):
    """Writes (entry, values) of every network."""
    with open(HERE / f"{stem}.json", "w") as file:
        file.write("[\n" + ",\n".join(json.dumps(entry, separators=(",", ":")) for entry, _ in records) + "\n]\n")
    np.concatenate([values for _, values in records]).astype("<f4").tofile(HERE / f"{stem}.bin")


def main(lockstep):
    torch.set_num_threads(1)
    records = []
    for name, shape, loss, layers in SMALL:
        flatten = "" if layers.startswith("[flatten") else "flatten, "
        text = f"{{name: {name!r}, input: {shape}, classes: 4, layers: {layers[:-1]}, {flatten}linear: {{outputs: 4}}]}}"
        records.append(record(name, printed_text(lockstep, text), 4, loss))
    for name, shape in BUILT_IN:
        records.append(record(name, built_in(lockstep, name, shape, 10), 2, "softmax"))
    records.append(record("simple-cnn", printed_text(lockstep, NARROW), 2, "softmax"))
    write("networks", records)


if __name__ == "__main__":
    main(sys.argv[1])
