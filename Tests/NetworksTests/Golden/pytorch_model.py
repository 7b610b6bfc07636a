"""A PyTorch network from a model in Lockstep's written form, by torch.nn's own layers, in float64.

Used by make_networks.py beside it and by the comparisons in scripts/peers. Tensors come in and go out in Lockstep's layouts: images
NHWC, convolution weights [R, S, C/groups, K], linear weights [inputs, outputs], values flattened in the order h, w, c.
"""
import math
import re
import subprocess

import numpy as np
import torch
import torch.nn as nn
import yaml


class Loader(yaml.SafeLoader):
    """Reads `1e-5` as a number, as YAML 1.2 and Lockstep do; to PyYAML's own loader it is text."""


Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+$"), list("-+0123456789"))


def printed(lockstep, *arguments):
    """A model as `lockstep model show` prints it."""
    run = subprocess.run([lockstep, "model", "show", *arguments, "--yaml"], capture_output=True, text=True, check=True)
    return yaml.load(run.stdout, Loader)


def hashed_words(count, stream):
    x = (np.arange(count, dtype=np.uint64) * 0x9E3779B9 + stream * 0x85EBCA6B) & 0xFFFFFFFF
    x = ((x ^ (x >> 16)) * 0x85EBCA6B) & 0xFFFFFFFF
    x = ((x ^ (x >> 13)) * 0xC2B2AE35) & 0xFFFFFFFF
    return x ^ (x >> 16)


def hashed(count, stream):
    """The numbers of Tests/TestSupport/HashedFloats.swift."""
    return ((hashed_words(count, stream) >> 8).astype(np.int64) - 0x800000) * 2.0**-23


def normalised(description):
    """(kind, settings) of a layer in its written form."""
    return (description, {}) if isinstance(description, str) else next(iter(description.items()))


class Residual(nn.Module):
    def __init__(self, layers, shortcut):
        super().__init__()
        self.layers, self.shortcut = layers, shortcut

    def forward(self, x):
        return self.layers(x) + self.shortcut(x)


class PadChannels(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.channels = channels

    def forward(self, x):
        return torch.cat([x, x.new_zeros([x.shape[0], self.channels - x.shape[1], *x.shape[2:]])], dim=1)


class Flatten(nn.Module):
    def forward(self, x):
        return x.permute(0, 2, 3, 1).flatten(1) if x.dim() == 4 else x


class Network:
    """`parameters`: (name, tensor, axes that bring it to Lockstep's layout) in the model's order; `statistics`: (name, BatchNorm)."""

    def __init__(self, model):
        height, width, channels = model["input"]
        self.parameters, self.statistics, self.margins = [], [], []
        self.conditioning = 1.0
        self.body, outputs = self.chain(model["layers"], torch.zeros(2, channels, height, width, dtype=torch.float64), "")
        assert outputs.shape[1:] == (model["classes"],), outputs.shape
        for _, norm in self.statistics:
            norm.reset_running_stats()

    def chain(self, descriptions, x, prefix):
        modules, ordinals = [], {}
        for description in descriptions:
            kind, settings = normalised(description)
            ordinals[kind] = ordinals.get(kind, 0) + 1
            module = self.layer(kind, settings, x, f"{prefix}{kind}{ordinals[kind]}").double()
            if kind == "linear" and x.dim() == 4:
                modules.append(Flatten())
            modules.append(module)
            with torch.no_grad():
                x = module(Flatten()(x) if kind == "linear" else x)
        return nn.Sequential(*modules), x

    def layer(self, kind, settings, x, name):
        if kind == "convolution":
            kernel = settings["kernel"]
            module = nn.Conv2d(
                x.shape[1], settings["channels"], tuple(kernel) if isinstance(kernel, list) else kernel,
                stride=settings.get("stride", 1), padding=settings.get("padding", 0), dilation=settings.get("dilation", 1),
                groups=settings.get("groups", 1), bias=settings.get("bias", True))
            return self.trained(name, module, (2, 3, 1, 0))
        if kind == "linear":
            return self.trained(name, nn.Linear(x[0].numel(), settings["outputs"], bias=settings.get("bias", True)), (1, 0))
        if kind == "batch-norm":
            norm = nn.BatchNorm2d if x.dim() == 4 else nn.BatchNorm1d
            module = norm(x.shape[1], eps=settings.get("epsilon", 1e-5), momentum=settings.get("momentum", 0.1))
            self.observe(module, self.note_conditioning)
            self.statistics.append((name, module))
            return self.trained(name, module, (0,))
        if kind in ("max-pool", "average-pool"):
            pool = nn.MaxPool2d if kind == "max-pool" else nn.AvgPool2d
            module = pool(settings["size"], settings.get("stride", settings["size"]), settings.get("padding", 0))
            if kind == "max-pool":
                self.observe(module, self.note_lead)
            return module
        if kind == "relu":
            module = nn.ReLU()
            self.observe(module, lambda _, inputs: self.note(inputs[0].abs()))
            return module
        if kind == "residual":
            layers, _ = self.chain(settings["layers"], x, f"{name}.")
            shortcut, _ = self.chain(settings.get("shortcut", []), x, f"{name}.shortcut.")
            return Residual(layers, shortcut)
        if kind == "dropout":
            assert settings["rate"] == 0, "the draws are not those of PyTorch"
            return nn.Identity()
        return {"global-average-pool": lambda: nn.AdaptiveAvgPool2d(1), "flatten": Flatten,
                "pad-channels": lambda: PadChannels(settings["channels"])}[kind]()

    def trained(self, name, module, axes):
        self.parameters.append((f"{name}.weight", module.weight, axes))
        if module.bias is not None:
            self.parameters.append((f"{name}.bias", module.bias, (0,)))
        return module

    # Where float32 may differ from float64: near kinks, and where BatchNorm subtracts a large mean.

    def observe(self, module, note):
        module.register_forward_pre_hook(note)

    def note(self, distances):
        """Exact zeros are the same in both."""
        above = distances[distances > 0]
        if above.numel():
            self.margins.append(above.min().item())

    def note_lead(self, module, inputs):
        x = nn.functional.pad(inputs[0], [module.padding] * 4, value=-1e9)
        windows = x.unfold(2, module.kernel_size, module.stride).unfold(3, module.kernel_size, module.stride).flatten(4)
        if windows.shape[-1] > 1:
            top = windows.topk(2, dim=-1).values
            self.note(top[..., 0] - top[..., 1])

    def note_conditioning(self, module, inputs):
        if module.training:
            x = inputs[0].transpose(0, 1).flatten(1)
            variance, mean = torch.var_mean(x, dim=1, correction=0)
            self.conditioning = max(
                self.conditioning, ((mean**2 + variance) / (variance + module.eps)).sqrt().max().item())

    def forward(self, images, training=True):
        self.margins, self.conditioning = [], 1.0
        self.body.train(training)
        return self.body(images.permute(0, 3, 1, 2))

    def set(self, tensor, axes, values):
        """Stores flat values that are in Lockstep's layout."""
        shape = [tensor.shape[axis] for axis in axes]
        back = list(np.argsort(axes))
        with torch.no_grad():
            tensor.copy_(torch.tensor(np.asarray(values, dtype=np.float64)).reshape(shape).permute(back))

    def set_hashed(self):
        """As NetworkRun.swift fills them."""
        for ordinal, (name, tensor, axes) in enumerate(self.parameters):
            values = hashed(tensor.numel(), 100 + ordinal)
            if len(axes) > 1:
                # The largest power of two that is at most sqrt(6 / fan-in), the half-width of He's uniform distribution.
                values = values * 2.0 ** min(0, math.floor(math.log2(6 / tensor[0].numel()) / 2))
            else:
                values = (values * 0.25 + (1 if name.endswith("weight") else 0)).astype(np.float32)
            self.set(tensor, axes, values)
        for ordinal, (_, norm) in enumerate(self.statistics):
            self.set(norm.running_mean, (0,), hashed(norm.num_features, 500 + ordinal) * 0.25)
            self.set(norm.running_var, (0,), (1 + hashed(norm.num_features, 700 + ordinal) * 0.5).astype(np.float32))

    def gradients(self, loss):
        """(name, flat gradient in Lockstep's layout)."""
        found = torch.autograd.grad(loss, [tensor for _, tensor, _ in self.parameters])
        return [(name, gradient.permute(axes).numpy().ravel()) for (name, _, axes), gradient in zip(self.parameters, found)]


def summed_loss(outputs, labels, loss):
    """`loss` as a recipe writes it."""
    if loss == "euclidean":
        onehot = nn.functional.one_hot(labels, outputs.shape[1]).double()
        return nn.functional.mse_loss(outputs, onehot) * len(labels)
    smoothing = 0.0 if loss == "softmax" else loss["softmax"]["label-smoothing"]
    return nn.functional.cross_entropy(outputs, labels, label_smoothing=smoothing, reduction="sum")
