"""Training throughput of PyTorch on one thread, eager and in fp32: forward, loss, backward, SGD with momentum, on random images held in memory.

Usage: taskset -c 0 python throughput_pytorch.py LOCKSTEP MODEL nchw|nhwc BATCH SECONDS

The network is the one that `LOCKSTEP model show MODEL` prints. Prints one line of JSON: images per second by wall time and by the process's CPU
time, and by how many bytes its largest resident size rose from before the network was made.
"""
import json
import pathlib
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "Tests/NetworksTests/Golden"))
import pytorch_model  # noqa: E402


class Trained(pytorch_model.Network):
    """As anyone would write it: with dropout, without the hooks of the golden tests, and flattened as the layout has its values."""

    def __init__(self, model, layout):
        self.layout = layout
        super().__init__(model)
        for module in self.body.modules():
            module._forward_pre_hooks.clear()
        if layout is torch.contiguous_format:
            replace(self.body, pytorch_model.Flatten, nn.Flatten)
        self.body = self.body.float().train().to(memory_format=layout)

    def layer(self, kind, settings, x, name):
        return nn.Dropout(settings["rate"]) if kind == "dropout" else super().layer(kind, settings, x, name)


def replace(module, old, new):
    for name, child in module.named_children():
        if isinstance(child, old):
            setattr(module, name, new())
        replace(child, old, new)


def memory(field):
    """Of /proc/self/status, in bytes."""
    line = next(line for line in open("/proc/self/status") if line.startswith(field))
    return int(line.split()[1]) * 1024


class Steps:
    """Training steps of a network on one batch of random images, labels and all held in memory."""

    def __init__(self, lockstep, name, layout_name, batch, wrap=lambda module: module):
        torch.set_num_threads(1)
        torch.manual_seed(0)
        layout = torch.channels_last if layout_name == "nhwc" else torch.contiguous_format
        model = pytorch_model.printed(lockstep, name)
        height, width, channels = model["input"]
        # What PyTorch loads at its first use is no part of a step's memory.
        nn.Conv2d(8, 8, 3)(torch.randn(1, 8, 8, 8)).sum().backward()
        self.start_memory = memory("VmRSS")
        self.network = wrap(Trained(model, layout).body)
        self.optimiser = torch.optim.SGD(self.network.parameters(), lr=0.01, momentum=0.9)
        self.images = torch.randn(batch, channels, height, width).to(memory_format=layout)
        self.labels = torch.randint(0, model["classes"], (batch,))

    def take(self):
        self.optimiser.zero_grad(set_to_none=True)
        F.cross_entropy(self.network(self.images), self.labels).backward()
        self.optimiser.step()

    def memory_growth(self):
        return max(0, memory("VmHWM") - self.start_memory)


def main(lockstep, name, layout_name, batch, seconds):
    training = Steps(lockstep, name, layout_name, batch)

    def run(seconds, least):
        """Steps, and their seconds by wall time and by CPU time."""
        steps, wall, cpu = 0, time.perf_counter(), time.process_time()
        while steps < least or time.perf_counter() - wall < seconds:
            training.take()
            steps += 1
        return steps, time.perf_counter() - wall, time.process_time() - cpu

    run(min(0.3, seconds / 4), 1)
    steps, wall, cpu = run(seconds, 3)
    print(json.dumps({
        "model": name, "layout": layout_name, "batch": batch, "steps": steps,
        "images-per-second": {"wall": steps * batch / wall, "cpu": steps * batch / cpu},
        "memory-bytes": training.memory_growth(),
    }))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), float(sys.argv[5]))
