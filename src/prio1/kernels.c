#include "prio1/kernels.h"

#include "crypt/kernels.h"
#include "prio1/codec/kernels.h"
#include "prio1/field/kernels.h"
#include "prio1/ntt/kernels.h"
#include "prio1/prg/kernels.h"

struct cpu_module *const kernel_modules[] = {&crypt_module, &field_module, &ntt_module, &prg_module, &codec_module, NULL};
