// libFuzzer's entry for programs that have a main of their own (https://llvm.org/docs/LibFuzzer.html#using-libfuzzer-as-a-library).
// Its library comes with the compiler; scripts/fuzz says where.
#pragma once
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*callback)(const uint8_t *data, size_t size));
