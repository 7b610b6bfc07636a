"""What the scripts that measure Lockstep beside its peers share."""
import os
import pathlib
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
# One core a process: no library may start threads of its own.
ENVIRONMENT = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


def built():
    """The path of lockstep, which is built where it is not there."""
    show = ["swift", "build", "--configuration", "release", "--show-bin-path"]
    program = pathlib.Path(subprocess.run(show, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()) / "lockstep"
    if not os.access(program, os.X_OK):
        subprocess.run([ROOT / "scripts/build"], check=True)
    return str(program)


def require_modules(python):
    if subprocess.run([python, "-c", "import torch, yaml"], capture_output=True).returncode:
        print(f"error: {python} cannot import torch and yaml; give one that can by --python", file=sys.stderr)
        sys.exit(69)


def pinned(core, command):
    return ["taskset", "--cpu-list", str(core), *command]


def rate(line, clock):
    return line["images-per-second"][clock]


def spread(values, form):
    return f"{statistics.median(values):{form}} ({min(values):{form}} to {max(values):{form}})"
