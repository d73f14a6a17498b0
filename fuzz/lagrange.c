/* lagrange: sums of powers under each table against the plain ones, also for powers that are none.
 *
 * Input: a byte for the size, then elements of 11 bytes: what the sums are multiplied with and the powers of one set,
 * then the other's; taken again and again where there are too few. */
#include "fuzz/harness/element.h"
#include "fuzz/harness/fuzz.h"
#include "prio1/ntt/kernels.h"
#include "prio1/ntt/lagrange.h"

enum { LOG2_SIZES = 12 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct prio_bytes in = {data, n};
	unsigned log2_n = 1 + fuzz_byte(&in) % LOG2_SIZES;
	size_t n_points = (size_t)1 << log2_n, n_elements = 0;
	struct field_vector got[NTT_SUMS], want[NTT_SUMS];
	struct ntt_sums sums[NTT_SUMS];
	struct lagrange lagrange;

	FUZZ_OK(lagrange_init(&lagrange, log2_n));
	for (size_t s = 0; s < NTT_SUMS; s++) {
		FUZZ_OK(field_vector_init(&got[s], n_points));
		FUZZ_OK(field_vector_init(&want[s], n_points));
		sums[s].out = &want[s];
		sums[s].scale = element(in, n_elements++);
		for (unsigned k = 0; k < log2_n; k++)
			sums[s].powers[k] = element(in, n_elements++);
	}
	ntt_lagrange_portable(sums, &lagrange.roots, log2_n);

	for (size_t s = 0; s < NTT_SUMS; s++)
		sums[s].out = &got[s];
	for (enum cpu_table table = CPU_AVX2; table <= cpu_best(); table++) {
		ntt_kernels_of(table)->lagrange(sums, &lagrange.roots, log2_n);
		for (size_t s = 0; s < NTT_SUMS; s++) {
			FUZZ_CHECK(memcmp(got[s].lo, want[s].lo, n_points * sizeof *got[s].lo) == 0);
			FUZZ_CHECK(memcmp(got[s].hi, want[s].hi, n_points * sizeof *got[s].hi) == 0);
		}
	}
	for (size_t s = 0; s < NTT_SUMS; s++) {
		for (size_t i = 0; i < n_points; i++)
			FUZZ_CHECK(field_is_element(field_vector_get(&want[s], i)) && want[s].lo[i] <= FIELD_LO_MASK);
		field_vector_clear(&got[s], n_points);
		field_vector_clear(&want[s], n_points);
	}
	lagrange_clear(&lagrange);
	return 0;
}
