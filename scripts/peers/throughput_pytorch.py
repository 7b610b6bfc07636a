"""Training throughput of PyTorch's LeNet-5 on one core: forward, loss, backward, SGD with momentum, on random images held in memory.

Usage: taskset -c 0 python throughput_pytorch.py nchw|nhwc BATCH SECONDS     Prints images per second.
"""
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

layout_name, batch, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
torch.set_num_threads(1)
torch.manual_seed(0)
layout = torch.channels_last if layout_name == "nhwc" else torch.contiguous_format
model = nn.Sequential(
    nn.Conv2d(3, 6, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
    nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Dropout(0.5), nn.Linear(84, 10)).to(memory_format=layout)
optimiser = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
images = torch.randn(batch, 3, 32, 32).to(memory_format=layout)
labels = torch.randint(0, 10, (batch,))


def step():
    optimiser.zero_grad(set_to_none=True)
    F.cross_entropy(model(images), labels).backward()
    optimiser.step()


for _ in range(5):
    step()
steps, start = 0, time.perf_counter()
while time.perf_counter() - start < seconds:
    step()
    steps += 1
print(f"{steps * batch / (time.perf_counter() - start):.0f}")
