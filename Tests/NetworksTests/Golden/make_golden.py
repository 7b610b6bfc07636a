#!/usr/bin/env python3
"""Computes the golden values of NetworksTests with PyTorch (2.13, CPU), in float64, and stores them as float32.

Usage: python make_golden.py        (writes NAME.json and NAME.bin beside itself; takes some seconds)

What goes in (parameters, images, labels) is not stored: it follows from an integer hash that both languages compute exactly
(Tests/TestSupport/HashedFloats.swift). What comes out is, in Lockstep's layouts: images and activations NHWC, convolution
weights [R, S, C/groups, K], linear weights [inputs, outputs], values flattened in the order h, w, c.

NAME.json: the model in its written form, the batch, what every tensor is sampled at, losses. NAME.bin, little-endian float32: the
logits [batch, classes], then for each parameter in the model's order the gradient of the summed loss. Of a tensor of more than
16,384 values only every 11th is stored; `projections` in NAME.json holds, for each tensor, the sum of all its values times hashed ones.
"""
import json
import os

import numpy as np
import torch
import torch.nn.functional as F

STRIDE, LARGEST = 11, 16384
PROJECTION_STREAM = 900


def hashed(count, stream):
    x = (np.arange(count, dtype=np.uint64) * 0x9E3779B9 + stream * 0x85EBCA6B) & 0xFFFFFFFF
    x = ((x ^ (x >> 16)) * 0x85EBCA6B) & 0xFFFFFFFF
    x = ((x ^ (x >> 13)) * 0xC2B2AE35) & 0xFFFFFFFF
    x = x ^ (x >> 16)
    return ((x >> 8).astype(np.int64) - 0x800000) * 2.0**-23


def weight_scale(fan_in):
    """The largest power of two that is at most sqrt(6 / fan-in), the half-width of He's uniform distribution."""
    scale = 1.0
    while scale * scale * fan_in > 6:
        scale /= 2
    return scale


class Network:
    """A model in its written form, as PyTorch operations; parameters are leaves in Lockstep's layouts."""

    def __init__(self, model):
        self.model = model
        self.steps, self.parameters, self.margins = [], [], []
        height, width, channels = model["input"]
        for layer in model["layers"]:
            kind, settings = (layer, {}) if isinstance(layer, str) else next(iter(layer.items()))
            if kind == "convolution":
                k, groups = settings["kernel"], settings.get("groups", 1)
                extent = settings.get("dilation", 1) * (k - 1) + 1
                stride, padding = settings.get("stride", 1), settings.get("padding", 0)
                own = self.add([k, k, channels // groups, settings["channels"]], k * k * channels // groups, settings)
                height, width = [(side + 2 * padding - extent) // stride + 1 for side in (height, width)]
                channels = settings["channels"]
            elif kind in ("max-pool", "average-pool"):
                size, padding = settings["size"], settings.get("padding", 0)
                stride = settings.get("stride", size)
                own = None
                height, width = [(side + 2 * padding - size) // stride + 1 for side in (height, width)]
            elif kind == "linear":
                own = self.add([channels, settings["outputs"]], channels, settings)
                channels = settings["outputs"]
            else:
                own = None
                if kind == "flatten":
                    height, width, channels = 1, 1, height * width * channels
            self.steps.append((kind, settings, own))

    def add(self, shape, fan_in, settings):
        def leaf(shape, scale):
            stream = 100 + len(self.parameters)
            values = hashed(int(np.prod(shape)), stream) * scale
            self.parameters.append(torch.tensor(values, dtype=torch.float64).reshape(shape).requires_grad_())
            return self.parameters[-1]

        weight = leaf(shape, weight_scale(fan_in))
        return weight, (leaf(shape[-1:], 0.25) if settings.get("bias", True) else None)

    def forward(self, images):
        x = images.permute(0, 3, 1, 2)
        self.margins = []
        for kind, settings, own in self.steps:
            if kind == "convolution":
                names = {name: settings.get(name, default) for name, default in
                         [("stride", 1), ("padding", 0), ("dilation", 1), ("groups", 1)]}
                x = F.conv2d(x, own[0].permute(3, 2, 0, 1), own[1], **names)
            elif kind == "linear":
                x = F.linear(x, own[0].t(), own[1])
            elif kind == "relu":
                self.margins.append(x.abs().min().item())
                x = F.relu(x)
            elif kind == "flatten":
                x = x.permute(0, 2, 3, 1).flatten(1)
            elif kind == "max-pool":
                self.margins.append(self.margin(x, settings))
                x = F.max_pool2d(x, settings["size"], settings.get("stride", settings["size"]), settings.get("padding", 0))
            elif kind == "average-pool":
                x = F.avg_pool2d(x, settings["size"], settings.get("stride", settings["size"]), settings.get("padding", 0))
            else:
                assert kind == "dropout" and settings["rate"] == 0
        return x

    @staticmethod
    def margin(x, settings):
        """The smallest distance between the two largest values of a window, where the largest is not a rectified 0."""
        size, padding = settings["size"], settings.get("padding", 0)
        padded = F.pad(x, [padding] * 4, value=-1e9)
        stride = settings.get("stride", size)
        windows = padded.unfold(2, size, stride).unfold(3, size, stride).flatten(4)
        top = windows.topk(2, dim=-1).values
        gaps = top[..., 0] - top[..., 1]
        return gaps[top[..., 0] != 0].min().item()


def summed_loss(network, images, labels):
    logits = network.forward(images)
    # Within rounding of a kink, float32 may take the other side: such inputs would be no test.
    assert min(network.margins, default=1) > 2e-6, f"a kink is only {min(network.margins)} away: change a stream"
    return logits, F.cross_entropy(logits, labels, reduction="sum")


def data(model, batch):
    height, width, channels = model["input"]
    images = torch.tensor(hashed(batch * height * width * channels, 1) * 2).reshape(batch, height, width, channels)
    labels = torch.tensor([(7 * sample + 3) % model["classes"] for sample in range(batch)])
    return images, labels


def write_network(name, model, batch):
    network = Network(model)
    images, labels = data(model, batch)
    logits, loss = summed_loss(network, images, labels)
    gradients = torch.autograd.grad(loss, network.parameters)
    values = [logits.detach().numpy().ravel()]
    projections = []
    for gradient in gradients:
        flat = gradient.numpy().ravel()
        projections.append(float(flat @ hashed(flat.size, PROJECTION_STREAM)))
        values.append(flat[::STRIDE] if flat.size > LARGEST else flat)
    record = {"model": model, "batch": batch, "loss": loss.item(), "projections": projections}
    directory = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(directory, name + ".json"), "w") as file:
        file.write(json.dumps(record, indent=1) + "\n")
    np.concatenate(values).astype("<f4").tofile(os.path.join(directory, name + ".bin"))


def lenet5(height, channels, padding):
    return {"name": "lenet5", "input": [height, height, channels], "classes": 10, "layers": [
        {"convolution": {"channels": 6, "kernel": 5, "padding": padding}}, "relu", {"max-pool": {"size": 2}},
        {"convolution": {"channels": 16, "kernel": 5}}, "relu", {"max-pool": {"size": 2}}, "flatten",
        {"linear": {"outputs": 120}}, "relu", {"linear": {"outputs": 84}}, "relu", {"dropout": {"rate": 0}},
        {"linear": {"outputs": 10}}]}


# What LeNet-5 has none of: stride, dilation, groups, padding on every side, overlapping windows, averages, no biases.
STRIDED = {"name": "strided", "input": [13, 11, 4], "classes": 5, "layers": [
    {"convolution": {"channels": 8, "kernel": 3, "stride": 2, "padding": 1, "groups": 2}}, "relu",
    {"convolution": {"channels": 6, "kernel": 2, "dilation": 2, "padding": 2, "bias": False}},
    {"max-pool": {"size": 3, "stride": 2, "padding": 1}}, "relu",
    {"average-pool": {"size": 2, "stride": 1, "padding": 1}}, "flatten", {"linear": {"outputs": 5, "bias": False}}]}
DEPTHWISE = {"name": "depthwise", "input": [9, 10, 3], "classes": 7, "layers": [
    {"average-pool": {"size": 2, "stride": 1}},
    {"convolution": {"channels": 6, "kernel": 3, "padding": 1, "groups": 3}},
    {"max-pool": {"size": 2, "stride": 1}}, {"convolution": {"channels": 12, "kernel": 1, "bias": False}},
    {"convolution": {"channels": 12, "kernel": 3, "stride": 3, "groups": 12, "padding": 2, "dilation": 2}},
    {"max-pool": {"size": 3, "stride": 1, "padding": 1}}, "flatten", "relu", {"linear": {"outputs": 9}}, {"linear": {"outputs": 7}}]}


if __name__ == "__main__":
    torch.set_num_threads(1)
    write_network("lenet5-32x32x3", lenet5(32, 3, 0), 6)
    write_network("lenet5-28x28x1", lenet5(28, 1, 2), 6)
    write_network("strided", STRIDED, 5)
    write_network("depthwise", DEPTHWISE, 3)
