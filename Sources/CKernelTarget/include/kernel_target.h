// Which instruction sets the target Kernels is compiled for: this file's source has the same compiler flags, and holds data alone, so that it
// can be read on any CPU.
#pragma once

// Names as Linux gives them in /proc/cpuinfo, a space between; empty where no more is used than every CPU of the architecture has.
extern const char *const kernel_target_names;

static inline const char *kernel_target(void) { return kernel_target_names; }
