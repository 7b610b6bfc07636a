// The floats that one vector register holds on the CPU that Kernels is compiled for. Swift has no conditional compilation by instruction set, but
// takes a C vector for its own SIMD type: `kernel_vector` is `SIMD16<Float>` or `SIMD8<Float>` in Swift, fixed when it is compiled.
#pragma once

#ifdef __AVX512F__
typedef float kernel_vector __attribute__((ext_vector_type(16)));
#else
typedef float kernel_vector __attribute__((ext_vector_type(8)));
#endif
