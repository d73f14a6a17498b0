#include "base/siphash.h"

#include <stddef.h>

/* Four words of state; a message goes in as little-endian words of 8 bytes, the last one with the length in its top byte. */
struct state {
	uint64_t a, b, c, d;
};

static uint64_t load(const uint8_t *p, size_t n)
{
	uint64_t word = 0;

	for (size_t i = 0; i < n; i++)
		word |= (uint64_t)p[i] << (8 * i);
	return word;
}

static void store(uint8_t *p, uint64_t word)
{
	for (size_t i = 0; i < 8; i++)
		p[i] = (uint8_t)(word >> (8 * i));
}

static inline uint64_t rotate(uint64_t word, unsigned n)
{
	return word << n | word >> (64 - n);
}

static inline void rounds(struct state *s, int n)
{
	for (int i = 0; i < n; i++) {
		s->a += s->b;
		s->c += s->d;
		s->b = rotate(s->b, 13) ^ s->a;
		s->d = rotate(s->d, 16) ^ s->c;
		s->a = rotate(s->a, 32);
		s->c += s->b;
		s->a += s->d;
		s->b = rotate(s->b, 17) ^ s->c;
		s->d = rotate(s->d, 21) ^ s->a;
		s->c = rotate(s->c, 32);
	}
}

static inline void absorb(struct state *s, uint64_t word)
{
	s->d ^= word;
	rounds(s, 2);
	s->a ^= word;
}

void siphash(uint8_t code[SIPHASH_BYTES], const uint8_t key[SIPHASH_KEY_BYTES], struct prio_bytes bytes)
{
	const uint64_t k0 = load(key, 8);
	const uint64_t k1 = load(key + 8, 8);
	struct state s = {k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d ^ 0xee, k0 ^ 0x6c7967656e657261, k1 ^ 0x7465646279746573};
	size_t n_whole = bytes.n / 8 * 8;

	for (size_t i = 0; i < n_whole; i += 8)
		absorb(&s, load(bytes.p + i, 8));
	absorb(&s, (uint64_t)bytes.n << 56 | (bytes.n > n_whole ? load(bytes.p + n_whole, bytes.n - n_whole) : 0));
	s.c ^= 0xee;
	rounds(&s, 4);
	store(code, s.a ^ s.b ^ s.c ^ s.d);
	s.b ^= 0xdd;
	rounds(&s, 4);
	store(code + 8, s.a ^ s.b ^ s.c ^ s.d);
}
