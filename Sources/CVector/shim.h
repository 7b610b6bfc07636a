// The widest vector of floats that the importing module's instruction set has registers for: Swift knows of no instruction sets, but its
// importer reads this with the flags (`-Xcc -march=…`) that the importing module itself is compiled with.
#pragma once

#ifdef __AVX512F__
typedef float vector_of_floats __attribute__((ext_vector_type(16)));
#else
typedef float vector_of_floats __attribute__((ext_vector_type(8)));
#endif

// Hints that a line of 64 bytes will soon be read, or written whole or in part; what cannot be reached is passed over.
static inline void prefetch_for_reading(const float *place) { __builtin_prefetch(place, 0, 3); }
static inline void prefetch_for_writing(float *place) { __builtin_prefetch(place, 1, 3); }
