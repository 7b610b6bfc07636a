// Whether this CPU can run what was compiled, to be asked before anything else of the program runs.
//
// In C, and compiled for every CPU of the architecture: Swift's generic code has one copy for the whole program, and the linker may keep the one
// that was compiled for the kernels' instruction sets.
#pragma once

// Nil where the CPU has every instruction set of `required` (names of /proc/cpuinfo's flags, spaces between), or where the file `cpuinfo`
// (null for /proc/cpuinfo) does not tell; else a message that names those it lacks. The message lasts until the next call.
const char *processor_complaint(const char *required, const char *cpuinfo);
