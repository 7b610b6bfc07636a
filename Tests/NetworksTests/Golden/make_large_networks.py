#!/usr/bin/env python3
"""Computes the golden values of the large built-in models with PyTorch (2.13, CPU), in float64, and stores them as float32.

Usage: python make_large_networks.py LOCKSTEP [NAME ...]     (writes large-networks.json and .bin beside itself; some minutes; with names,
only looks for their images)

Records are those of make_networks.py, and beside them what PyTorch's own float32 is off by: `deviation`, the largest error of a tensor's values
in four runs in float32, one from the very parameters and three from parameters that are moved by at most a unit in their last place. Depth and
BatchNorm magnify rounding by what no bound of a single layer tells: tests allow four times the deviation. `squares` is a gradient's sum of squares.

A value within rounding of a kink (0 before a ReLU, a tie in a pooling window) may take the other side in float32, which changes gradients by more
than rounding does. `stream` is the first one whose images keep every value CLEAR times as far from its kink as PyTorch's float32 is off by, in
the root mean square of the layer. Millions of values cannot all be clear: hence the small images of the models with the most of them.
"""
import sys

import numpy as np
import torch

from make_networks import HERE, built_in, data, described, results, write
from pytorch_model import Network, hashed

CLEAR, DRAWS, LOSS = 4, 4, "softmax"
# Built-in models: name, input, classes, batch.
MODELS = [("linear", "32,32,3", 10, 8), ("mlp-512", "28,28,1", 10, 8), ("simple-cnn", "28,28,1", 10, 4), ("alexnet32", "32,32,3", 10, 4),
          ("vgg11", "32,32,3", 10, 4), ("resnet18", "16,16,3", 10, 4), ("resnet32", "16,16,3", 10, 4), ("resnet56", "16,16,3", 10, 4),
          ("cnn200", "32,32,3", 200, 4), ("resnet-3443", "12,12,3", 200, 4)]


class Watched(Network):
    """Keeps the distance of every value from its kink."""

    def note(self, distances):
        self.margins.append(distances.detach().double())


def network(model, draw=None):
    """In float64, or a draw of float32."""
    made = Watched(model)
    made.set_hashed()
    if draw is not None:
        for ordinal, (_, tensor, axes) in enumerate(made.parameters):
            values = tensor.detach().permute(axes).numpy().ravel()
            made.set(tensor, axes, values * (1 + hashed(values.size, 100 * draw + ordinal) * 2**-23 * (draw > 0)))
        made.body.float()
    return made


def clearance(distances, single):
    """The smallest distance from a kink, in parts of the layer's error in float32. Exact zeros are the same in both."""
    found = np.inf
    for d, s in zip(distances, single):
        error = (s - d).square().mean().sqrt().item()
        above = d[d > 0]
        if error > 0 and above.numel():
            found = min(found, above.min().item() / error)
    return found


def clear_images(name, model, batch):
    double, single, best = network(model), network(model, 0), 0
    for stream in range(1, 400):
        images, labels = data(model, batch, stream)
        with torch.no_grad():
            single.forward(images.float())
            double.forward(images)
        found = clearance(double.margins, single.margins)
        best = max(best, found)
        if found > CLEAR:
            print(f"{name}: images {stream}, clear by {found:.1f}", flush=True)
            return stream, images, labels
    sys.exit(f"{name}: no images stay clear of kinks, the best by {best:.1f}")


def computed(made, images, labels):
    return results(made, made.forward(images), images, labels, LOSS)


def largest(a, b):
    return float(np.abs(a.astype(np.float64) - b).max())


def record(lockstep, name, shape, classes, batch):
    model = built_in(lockstep, name, shape, classes)
    stream, images, labels = clear_images(name, model, batch)
    double = network(model)
    golden = computed(double, images, labels)
    singles = [computed(network(model, draw), images.float(), labels) for draw in range(DRAWS)]
    entry, values = described(name, model, batch, LOSS, stream, double, golden)
    for ordinal, (tensor, (_, gradient)) in enumerate(zip(entry["parameters"], golden.gradients)):
        tensor["squares"] = float(gradient @ gradient)
        tensor["deviation"] = max(largest(single.gradients[ordinal][1], gradient) for single in singles)
    entry["deviations"] = {
        "training": max(largest(single.outputs, golden.outputs) for single in singles),
        "evaluation": max(largest(single.evaluated, golden.evaluated) for single in singles),
        "statistics": [max(largest(single.statistics[i], moments) for single in singles) for i, moments in enumerate(golden.statistics)]}
    return entry, values


def main(lockstep, names):
    torch.set_num_threads(1)
    torch.backends.mkldnn.enabled = False
    chosen = [model for model in MODELS if not names or model[0] in names]
    if names:
        for name, shape, classes, batch in chosen:
            clear_images(name, built_in(lockstep, name, shape, classes), batch)
    else:
        write("large-networks", [record(lockstep, *model) for model in chosen])


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
