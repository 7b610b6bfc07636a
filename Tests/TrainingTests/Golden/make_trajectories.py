#!/usr/bin/env python3
"""Computes the golden values of TrajectoryTests with PyTorch (2.13, CPU) in float64: ten steps of each optimiser, schedule and loss.

Usage: python make_trajectories.py     (writes trajectories.json beside itself; needs torch, yaml and pytorch-optimizer 4.1, some seconds)

The other side is torch.optim.SGD, torch.optim.lr_scheduler, clip_grad_norm_, and the LARS of pytorch-optimizer (kozistr, Apache-2.0), which has
the conventions of Lockstep: the ratio of You et al., equation 6, without an epsilon, on the gradient and its decay before they enter the velocity, the
learning rate outside of it, vectors neither scaled nor decayed. Parameters and images are hashed numbers (pytorch_model.py); the batches of
an epoch's steps are the streams from `stream` on, and the test loss that a plateau looks at is the first one's in evaluation.

trajectories.json: of each case the experiment in its written form, and of each of ten steps the learning rate and the mean loss before it; then,
sampled at every k-th value, the parameters and the running means and variances. `deviation` is what PyTorch's own float32 is off by at
most, in four runs as make_large_networks.py makes them; `stream` the first one that keeps all of them clear of kinks.
"""
import json
import pathlib
import sys

import numpy as np
import torch
from torch.optim import SGD, lr_scheduler

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "NetworksTests/Golden"))
from make_golden import lenet5  # noqa: E402
from make_large_networks import CLEAR, DRAWS, clearance, largest, network  # noqa: E402
from make_networks import data  # noqa: E402
from pytorch_model import summed_loss  # noqa: E402

STEPS, BATCH, SAMPLED = 10, 6, 12
SMALL = {"name": "small", "input": [8, 8, 2], "classes": 4, "layers": [
    {"convolution": {"channels": 6, "kernel": 3, "padding": 1}}, "batch-norm", "relu", {"max-pool": {"size": 2}},
    {"convolution": {"channels": 5, "kernel": 3}}, "relu", "flatten", {"linear": {"outputs": 4}}]}
LENET = lenet5(32, 3, 0)
HEAVY = {"rate": 0.05, "momentum": 0.9}


def case(name, optimiser, model=SMALL, epochs=5, **settings):
    return name, dict(model=model, epochs=epochs, optimiser=optimiser, **settings)


CASES = [
    case("LeNet-5", {"rate": 0.015}, LENET),
    case("LeNet-5, momentum", {"rate": 0.008, "momentum": 0.9}, LENET),
    case("LeNet-5, Nesterov", {"rate": 0.008, "momentum": 0.9, "nesterov": True}, LENET),
    case("LeNet-5, decay", {"rate": 0.015, "weight-decay": 0.06}, LENET),
    case("LeNet-5, all", {"rate": 0.008, "momentum": 0.9, "nesterov": True, "weight-decay": 0.06}, LENET),
    case("momentum", HEAVY),
    case("Nesterov", {**HEAVY, "nesterov": True}),
    case("decay of all", {**HEAVY, "weight-decay": 0.05}),
    case("decay of weights", {**HEAVY, "weight-decay": 0.05, "decays": "weights"}),
    case("clipping", {**HEAVY, "clip": 0.25}),
    case("clipping of some steps, Nesterov, decay", {**HEAVY, "nesterov": True, "weight-decay": 0.01, "clip": 1.5}),
    case("momentum in three epochs", {**HEAVY, "momentum-until": 3}),
    case("label smoothing", HEAVY, loss={"softmax": {"label-smoothing": 0.2}}),
    case("Euclidean loss", HEAVY, loss="euclidean"),
    case("constant", {"rate": 0.1}, schedule="constant"),
    case("step", HEAVY, schedule={"step": {"every": 2, "factor": 0.3}}),
    case("multi-step", HEAVY, schedule={"multi-step": {"after": [1, 4], "factor": 0.2}}),
    case("exponential", HEAVY, schedule={"exponential": {"factor": 0.7}}),
    case("cosine", HEAVY, schedule={"cosine": {"end": 0.1}}),
    case("linear", HEAVY, schedule={"linear": {"end": 0.05, "share": 0.8}}),
    case("one-cycle", HEAVY, schedule={"one-cycle": {"peak": 0.4, "start": 10, "end": 100}}),
    case("warm-up", HEAVY, schedule={"warm-up": {"epochs": 2, "from": 0.125}}),
    case("warm-up, cosine", HEAVY, schedule={"cosine": {"end": 0}, "warm-up": {"epochs": 1.5, "from": 0.25}}),
    case("plateau", {"rate": 0.8, "momentum": 0.9}, epochs=10, plateau={"patience": 1, "factor": 0.25, "minimum": 0.08}),
    case("LARS", {**HEAVY, "rate": 2, "lars": 0.02, "decays": "weights"}),
    case("LARS, decay", {**HEAVY, "rate": 2, "lars": 0.02, "weight-decay": 0.05, "decays": "weights"}),
    case("LARS, Nesterov, decay, step", {**HEAVY, "rate": 2, "nesterov": True, "lars": 0.02, "weight-decay": 0.05, "decays": "weights"},
         schedule={"step": {"every": 2, "factor": 0.3}}),
]


def descent(made, settings):
    """The optimiser, with groups of weights and of vectors."""
    groups = [[tensor for _, tensor, axes in made.parameters if (len(axes) > 1) == is_weight] for is_weight in (True, False)]
    decay = settings.get("weight-decay", 0)
    decays = [decay, 0 if settings.get("decays") == "weights" else decay]
    common = {"lr": settings["rate"], "momentum": settings.get("momentum", 0), "nesterov": settings.get("nesterov", False)}
    parameters = [{"params": group, "weight_decay": own} for group, own in zip(groups, decays)]
    if "lars" not in settings:
        return SGD(parameters, **common)
    from pytorch_optimizer import LARS
    return LARS(parameters, trust_coefficient=settings["lars"], **common)


def schedulers(optimiser, schedule, epochs):
    """What is stepped after every epoch, and after every step."""
    if schedule == "constant":
        return [], []
    rate, by_epoch, by_step = optimiser.param_groups[0]["lr"], [], []
    for kind, s in schedule.items():
        if kind == "step":
            by_epoch.append(lr_scheduler.StepLR(optimiser, s["every"], s["factor"]))
        elif kind == "multi-step":
            by_epoch.append(lr_scheduler.MultiStepLR(optimiser, s["after"], s["factor"]))
        elif kind == "exponential":
            by_epoch.append(lr_scheduler.ExponentialLR(optimiser, s["factor"]))
        elif kind == "cosine":
            by_epoch.append(lr_scheduler.CosineAnnealingLR(optimiser, epochs, eta_min=s["end"] * rate))
        elif kind == "linear":
            by_step.append(lr_scheduler.LinearLR(optimiser, 1, s["end"], round(s["share"] * STEPS)))
        elif kind == "one-cycle":
            by_step.append(lr_scheduler.OneCycleLR(optimiser, rate, STEPS, pct_start=s["peak"], div_factor=s["start"],
                                                   final_div_factor=s["end"], cycle_momentum=False))
        else:
            by_step.append(lr_scheduler.LinearLR(optimiser, s["from"], 1, round(s["epochs"] * STEPS / epochs)))
    return by_epoch, by_step


def trajectory(experiment, stream, draw=None):
    """(rates, losses, tensors at the end, distances from kinks of all steps)."""
    made = network(experiment["model"], draw)
    epochs, loss, settings = experiment["epochs"], experiment.get("loss", "softmax"), experiment["optimiser"]
    optimiser = descent(made, settings)
    by_epoch, by_step = schedulers(optimiser, experiment.get("schedule", "constant"), epochs)
    plateau = experiment.get("plateau")
    plateau = plateau and lr_scheduler.ReduceLROnPlateau(
        optimiser, factor=plateau["factor"], patience=plateau["patience"], min_lr=plateau["minimum"])
    steps_per_epoch = STEPS // epochs
    batches = [data(experiment["model"], BATCH, stream + i) for i in range(steps_per_epoch)]
    batches = [(images if draw is None else images.float(), labels) for images, labels in batches]
    rates, losses, distances = [], [], []

    def mean_loss(number, training=True):
        images, labels = batches[number]
        return summed_loss(made.forward(images, training), labels, loss) / BATCH

    for step in range(STEPS):
        if step == settings.get("momentum-until", epochs) * steps_per_epoch:
            for group in optimiser.param_groups:
                group["momentum"] = 0
        optimiser.zero_grad()
        value = mean_loss(step % steps_per_epoch)
        distances += made.margins
        value.backward()
        if "clip" in settings:
            torch.nn.utils.clip_grad_norm_([tensor for _, tensor, _ in made.parameters], settings["clip"])
        rates.append(optimiser.param_groups[0]["lr"])
        losses.append(value.item())
        optimiser.step()
        for scheduler in by_step:
            scheduler.step()
        if (step + 1) % steps_per_epoch == 0:
            for scheduler in by_epoch:
                scheduler.step()
            if plateau:
                with torch.no_grad():
                    plateau.step(mean_loss(0, training=False).item())
    tensors = [tensor.detach().permute(axes).numpy().ravel() for _, tensor, axes in made.parameters]
    tensors += [moments.numpy() for _, norm in made.statistics for moments in (norm.running_mean, norm.running_var)]
    return rates, np.array(losses), tensors, distances


def record(name, experiment):
    for stream in range(1, 60, 2):
        rates, losses, tensors, distances = trajectory(experiment, stream)
        singles = [trajectory(experiment, stream, draw) for draw in range(DRAWS)]
        clear = min(clearance(distances, single[3]) for single in singles)
        if clear > CLEAR:
            break
    else:
        sys.exit(f"{name}: no images stay clear of kinks")
    assert all(np.allclose(single[0], rates) for single in singles)
    print(f"{name}: images {stream}, losses {losses[0]:.3f} … {losses[-1]:.3f}, rates {rates[0]:.3g} … {rates[-1]:.3g}")
    return {"name": name, "experiment": experiment, "stream": stream, "rates": rates, "losses": list(losses),
            "deviation": max(largest(single[1], losses) for single in singles),
            "tensors": [{"values": [float(f"{value:.9g}") for value in tensor[::-(-tensor.size // SAMPLED) | 1]],
                         "deviation": max(largest(single[2][i], tensor) for single in singles)} for i, tensor in enumerate(tensors)]}


def main():
    torch.set_num_threads(1)
    torch.backends.mkldnn.enabled = False
    records = [record(name, experiment) for name, experiment in CASES]
    (HERE / "trajectories.json").write_text(
        "[\n" + ",\n".join(json.dumps(one, separators=(",", ":")) for one in records) + "\n]\n")


if __name__ == "__main__":
    main()
