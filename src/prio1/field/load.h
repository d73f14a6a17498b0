/* load: big-endian numbers from memory, written so that compilers make one load and one swap of it. */
#ifndef PRIO1_FIELD_LOAD_H
#define PRIO1_FIELD_LOAD_H

#include <stdint.h>

static inline uint32_t field_load_be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint64_t field_load_be64(const uint8_t *p)
{
	return (uint64_t)p[0] << 56 | (uint64_t)p[1] << 48 | (uint64_t)p[2] << 40 | (uint64_t)p[3] << 32 |
	       (uint64_t)p[4] << 24 | (uint64_t)p[5] << 16 | (uint64_t)p[6] << 8 | p[7];
}

static inline void field_store_be32(uint8_t *p, uint32_t x)
{
	for (unsigned i = 0; i < 4; i++)
		p[i] = (uint8_t)(x >> (24 - 8 * i));
}

static inline void field_store_be64(uint8_t *p, uint64_t x)
{
	field_store_be32(p, (uint32_t)(x >> 32));
	field_store_be32(p + 4, (uint32_t)x);
}

#endif
