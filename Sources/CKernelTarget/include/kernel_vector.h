// What Kernels takes from the CPU that it is compiled for, and Swift has no word for.
#pragma once

// The floats that one vector register holds. Swift has no conditional compilation by instruction set, but takes a C vector for its own SIMD type:
// `kernel_vector` is `SIMD16<Float>` or `SIMD8<Float>` in Swift, fixed when it is compiled.
#ifdef __AVX512F__
typedef float kernel_vector __attribute__((ext_vector_type(16)));
#else
typedef float kernel_vector __attribute__((ext_vector_type(8)));
#endif

// Asks for the cache line at `place` before it is written.
static inline void kernel_prefetch_for_writing(const void *place) { __builtin_prefetch(place, 1, 3); }

// Asks for it before it is read.
static inline void kernel_prefetch_for_reading(const void *place) { __builtin_prefetch(place, 0, 3); }
