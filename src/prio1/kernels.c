#include "prio1/kernels.h"

#include "crypt/kernels.h"

struct cpu_module *const kernel_modules[] = {&crypt_module, NULL};
