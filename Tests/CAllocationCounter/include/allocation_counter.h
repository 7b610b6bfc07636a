#ifndef ALLOCATION_COUNTER_H
#define ALLOCATION_COUNTER_H

// Counts the heap allocations of every thread of the program that it is linked into, but for those made inside MPI's libraries.
//
// The definitions of malloc and its kin in the executable come before glibc's for every library of the process, and pass each call on to
// glibc's own. Reading a call's origin costs a walk up its stack, so it is only done while the counter is on.

/// Learns where MPI's libraries lie in memory; to be called when all of them are loaded (after MPI_Init), before the first start.
void allocation_counter_prepare(void);

/// Counts from zero.
void allocation_counter_start(void);

/// Stops counting; returns the number of allocations since the start.
long allocation_counter_stop(void);

/// How many allocations were made inside MPI's libraries, and so were not counted.
long allocation_counter_inside_mpi(void);

/// Writes the stacks of the first few allocations that were counted to standard error.
void allocation_counter_report(void);

/// One allocation that is none of MPI's and that no compiler removes: the counter's own check.
void allocation_counter_allocate_once(void);

#endif
