"""Training throughput of PyTorch's DistributedDataParallel over Gloo, one thread a rank: the steps of throughput_pytorch.py, gradients averaged.

Usage, as one of WORLD_SIZE processes with RANK, MASTER_ADDR and MASTER_PORT in the environment:
    taskset -c RANK python throughput_ddp.py LOCKSTEP MODEL nchw|nhwc BATCH SECONDS     (BATCH is each rank's)

Rank 0 prints one line of JSON: images per second of all ranks together, by the time of the slowest; and the seconds of a step, of one whose
gradients are not averaged, and of an all-reduce of as many floats as there are gradients with nothing beside it.
"""
import json
import math
import os
import sys
import time

import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

from throughput_pytorch import Steps


def largest(value):
    """Over all ranks."""
    held = torch.tensor([value], dtype=torch.float64)
    dist.all_reduce(held, dist.ReduceOp.MAX)
    return held.item()


def main(lockstep, name, layout_name, batch, seconds):
    dist.init_process_group("gloo")
    training = Steps(lockstep, name, layout_name, batch, wrap=DistributedDataParallel)

    def measured(work):
        """Times of as many calls as take about so many seconds, each the slowest rank's mean by wall and by CPU time, and how many."""
        taken, warm_up = 0, 0.0
        while taken == 0 or warm_up < min(0.3, seconds / 4):
            start = time.perf_counter()
            work()
            warm_up += largest(time.perf_counter() - start)
            taken += 1
        # As `lockstep bench step`: the ranks must take equally many steps, so the slowest one says how many.
        count = max(3, math.ceil(seconds / warm_up * taken))
        dist.barrier()
        start, cpu_start = time.perf_counter(), time.process_time()
        for _ in range(count):
            work()
        return largest(time.perf_counter() - start) / count, largest(time.process_time() - cpu_start) / count, count

    def take_alone():
        with training.network.no_sync():
            training.take()

    gradients = torch.zeros(sum(parameter.numel() for parameter in training.network.parameters()))
    wall, cpu, steps = measured(training.take)
    alone, exchange = measured(take_alone)[0], measured(lambda: dist.all_reduce(gradients))[0]
    if dist.get_rank() == 0:
        images = batch * dist.get_world_size()
        print(json.dumps({
            "model": name, "layout": layout_name, "batch": batch, "ranks": dist.get_world_size(), "steps": steps,
            "images-per-second": {"wall": images / wall, "cpu": images / cpu},
            "seconds": {"step": wall, "without-exchange": alone, "exchange": exchange},
        }), flush=True)
    # Not by way of the interpreter's end, where threads of Gloo's now and then abort a process ("terminate called without an active exception").
    dist.barrier()
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), float(sys.argv[5]))
