#define _GNU_SOURCE
#include "allocation_counter.h"

#include <errno.h>
#include <execinfo.h>
#include <link.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

enum { MAXIMUM_RANGES = 256, DEPTH = 24, KEPT_STACKS = 8 };

typedef struct {
  uintptr_t start, end;
} Range;

static Range mpi_ranges[MAXIMUM_RANGES];
static int mpi_range_count;
static atomic_bool is_on;
static atomic_long counted, inside_mpi;
static void *kept[KEPT_STACKS][DEPTH];
static int kept_depths[KEPT_STACKS];
// Walking the stack may allocate, the first time; that is no allocation of the program's.
static __thread bool is_walking;

static bool belongs_to_mpi(const char *path) {
  static const char *const names[] = {"libmpi", "libopen-", "libpmix", "libevent", "libhwloc", "/mca_", "libucp", "libucs", "libuct", "libfabric"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strstr(path, names[i])) return true;
  return false;
}

static int note_object(struct dl_phdr_info *object, size_t size, void *context) {
  (void)size, (void)context;
  if (!belongs_to_mpi(object->dlpi_name)) return 0;
  for (int i = 0; i < object->dlpi_phnum && mpi_range_count < MAXIMUM_RANGES; i++) {
    const ElfW(Phdr) *part = &object->dlpi_phdr[i];
    if (part->p_type != PT_LOAD || !(part->p_flags & PF_X)) continue;
    uintptr_t start = object->dlpi_addr + part->p_vaddr;
    mpi_ranges[mpi_range_count++] = (Range){start, start + part->p_memsz};
  }
  return 0;
}

static bool is_in_mpi(void *address) {
  for (int i = 0; i < mpi_range_count; i++)
    if ((uintptr_t)address >= mpi_ranges[i].start && (uintptr_t)address < mpi_ranges[i].end) return true;
  return false;
}

// A call is MPI's if any function on its stack is: strdup inside MPI calls malloc from libc, not from MPI.
static void note_allocation(void) {
  if (!atomic_load_explicit(&is_on, memory_order_relaxed) || is_walking) return;
  is_walking = true;
  void *stack[DEPTH];
  int depth = backtrace(stack, DEPTH);
  bool in_mpi = false;
  for (int i = 0; i < depth && !in_mpi; i++) in_mpi = is_in_mpi(stack[i]);
  if (in_mpi) {
    atomic_fetch_add(&inside_mpi, 1);
  } else {
    long number = atomic_fetch_add(&counted, 1);
    if (number < KEPT_STACKS) {
      memcpy(kept[number], stack, sizeof stack);
      kept_depths[number] = depth;
    }
  }
  is_walking = false;
}

void *malloc(size_t size) {
  note_allocation();
  return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
  note_allocation();
  return __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size) {
  note_allocation();
  return __libc_realloc(memory, size);
}

void *memalign(size_t alignment, size_t size) {
  note_allocation();
  return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **memory, size_t alignment, size_t size) {
  void *result = memalign(alignment, size);
  if (!result) return ENOMEM;
  *memory = result;
  return 0;
}

void allocation_counter_prepare(void) {
  mpi_range_count = 0;
  dl_iterate_phdr(note_object, NULL);
  void *stack[DEPTH];
  backtrace(stack, DEPTH);
}

void allocation_counter_start(void) {
  atomic_store(&counted, 0);
  atomic_store(&inside_mpi, 0);
  atomic_store(&is_on, true);
}

long allocation_counter_stop(void) {
  atomic_store(&is_on, false);
  return atomic_load(&counted);
}

long allocation_counter_inside_mpi(void) { return atomic_load(&inside_mpi); }

void allocation_counter_report(void) {
  long count = atomic_load(&counted);
  for (long i = 0; i < count && i < KEPT_STACKS; i++) {
    dprintf(STDERR_FILENO, "allocation %ld of %ld:\n", i + 1, count);
    backtrace_symbols_fd(kept[i], kept_depths[i], STDERR_FILENO);
  }
}

void allocation_counter_allocate_once(void) {
  void *volatile memory = malloc(1);
  free(memory);
}
