/* in_register: how a kernel's inline assembly asks for a vector, CPU_IN_REGISTER(x), which it may change: to the
 * compiler, which must then have it there, all in one piece. Where cmake/emulate makes wide vectors of narrower ones no
 * register holds them, and memory has to do. */
#ifndef CPU_IN_REGISTER_H
#define CPU_IN_REGISTER_H

#ifdef EMULATE_IMMINTRIN_H
#define CPU_IN_REGISTER(x) "+m"(x)
#else
#define CPU_IN_REGISTER(x) "+v"(x)
#endif

#endif
