/* kernels: the modules of libprio that have vector versions of some functions (cpu/cpu.h). For tools that tell which
 * run. */
#ifndef PRIO1_KERNELS_H
#define PRIO1_KERNELS_H

#include "cpu/cpu.h"

/* kernel_modules: all of them, closed by NULL. */
extern struct cpu_module *const kernel_modules[];

#endif
