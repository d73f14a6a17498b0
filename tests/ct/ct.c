/* Runs all cases under the table that PRIO_CPU names, and ends with "N passed, N failed". Only under valgrind: without
 * it nothing would be looked at. scripts/check-ct starts it. */
#include "tests/ct/cases.h"

#include "prio1/kernels.h"

static bool good; /* of the case at hand */

void ct_fail(const char *file, int line, const char *what)
{
	printf("  %s:%d: %s\n", file, line, what);
	good = false;
}

/* SplitMix64. */
void ct_random(void *p, size_t n, uint64_t seed)
{
	uint8_t *bytes = p;

	for (size_t i = 0; i < n; i++) {
		uint64_t z = seed = seed + UINT64_C(0x9e3779b97f4a7c15);

		z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
		z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
		bytes[i] = (uint8_t)(z ^ z >> 31);
	}
}

bool ct_every_byte_is_secret(const void *p, size_t n)
{
	const uint8_t *bytes = p;

	for (size_t i = 0; i < n; i++) {
		uint8_t bits = 0;

		if (VALGRIND_GET_VBITS(bytes + i, &bits, 1) != 1 || bits == 0)
			return false;
	}
	return true;
}

u128 ct_element(uint64_t seed)
{
	uint8_t bytes[16] = {0};
	u128 x;

	ct_random(bytes, FIELD_BYTES, seed);
	bytes[FIELD_BYTES - 1] &= 0x7f; /* little-endian: below 2^87 */
	memcpy(&x, bytes, sizeof x);
	/* Only the bits that elements have, as the code may rely on the others being zero. */
	ct_secret(&x, FIELD_BYTES);
	return x & (((u128)1 << FIELD_BITS) - 1);
}

struct field_vector ct_vector(size_t n, uint64_t seed)
{
	struct field_vector vector = {NULL, NULL};

	if (field_vector_init(&vector, n) != PRIO_OK)
		abort();
	for (size_t i = 0; i < n; i++)
		field_vector_set(&vector, i, ct_element(seed + i));
	return vector;
}

void ct_vector_free(struct field_vector *vector, size_t n)
{
	field_vector_clear(vector, n);
}

void ct_vector_is_secret(const struct field_vector *vector, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		CT_IS_SECRET(&vector->lo[i], FIELD_LO_BITS / 8);
		CT_IS_SECRET(&vector->hi[i], FIELD_HI_BITS / 8);
	}
}

static void run(const struct ct_case *cases, unsigned *n_passed, unsigned *n_failed)
{
	for (; cases->what != NULL; cases++) {
		if (cpu_chosen() < cases->least)
			continue;
		unsigned long before = VALGRIND_COUNT_ERRORS;

		good = true;
		cases->run();
		unsigned long n_found = VALGRIND_COUNT_ERRORS - before;
		bool as_it_must = good && (n_found > 0) == cases->leaks;

		printf("%s %s%s\n", as_it_must ? "good" : "FAILED", cases->leaks ? "planted: " : "", cases->what);
		if (n_found > 0 && !cases->leaks)
			printf("  %lu branches or indices depend on secrets: see what valgrind says above\n", n_found);
		if (n_found == 0 && cases->leaks)
			puts("  what was planted was not found");
		fflush(stdout);
		*(as_it_must ? n_passed : n_failed) += 1;
	}
}

int main(void)
{
	unsigned n_passed = 0, n_failed = 0;

	if (!RUNNING_ON_VALGRIND) {
		fputs("ct: only valgrind can see what this test is about\n", stderr);
		return 2;
	}
	if (cpu_check_choice(NULL) != PRIO_OK) {
		fputs("ct: PRIO_CPU names a table that is not there\n", stderr);
		return 77; /* skipped */
	}
	/* A table whose self-test fails would leave the field to another. */
	for (struct cpu_module *const *module = kernel_modules; *module != NULL; module++) {
		if (cpu_installed(*module) != cpu_chosen()) {
			fprintf(stderr, "ct: the kernels of %s under %s fail their self-test\n", (*module)->name,
				cpu_table_name(cpu_chosen()));
			return 2;
		}
	}
	printf("under %s\n", cpu_table_name(cpu_chosen()));
	run(ct_arithmetic, &n_passed, &n_failed);
	run(ct_messages, &n_passed, &n_failed);
	run(ct_flows, &n_passed, &n_failed);
	run(ct_planted, &n_passed, &n_failed);
	printf("%u passed, %u failed\n", n_passed, n_failed);
	return n_failed > 0;
}
