// The standard C interface of BLAS, and OpenBLAS's own thread count.
#pragma once
#include <cblas.h>
