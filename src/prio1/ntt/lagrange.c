#include "prio1/ntt/lagrange.h"

#include "base/wipe.h"
#include "prio1/ntt/kernels.h"

enum prio_status lagrange_init(struct lagrange *lagrange, unsigned log2_n)
{
	size_t n = (size_t)1 << log2_n;
	u128 root = field_inv(field_root(log2_n + 1));

	*lagrange = (struct lagrange){.log2_n = log2_n, .n_inverse = field_inv(n)};
	for (unsigned k = 0; k <= log2_n; k++) {
		lagrange->powers[k] = root;
		root = field_mul(root, root);
	}
	enum prio_status status = field_vector_init(&lagrange->roots, n / 2);
	if (status != PRIO_OK)
		return status;

	unsigned k = 1;
	for (size_t quarter = n / 4; quarter > 0; quarter /= 4, k += 2) {
		u128 x = 1;

		for (size_t i = 0; i < quarter; i++) {
			field_vector_set(&lagrange->roots, quarter + i, x);
			x = field_mul(x, lagrange->powers[k]);
		}
	}
	return PRIO_OK;
}

void lagrange_clear(struct lagrange *lagrange)
{
	field_vector_clear(&lagrange->roots, ((size_t)1 << lagrange->log2_n) / 2);
}

/* Coefficient i of `whole` is that of w^(i+1), so y = (r / w) w^-i there. Of the 2 N points u^(2i+1), y = (r / u) w^-i,
 * and y^N = -r^N: the sum of 2 N powers is (1 - r^N) times that of N. */
u128 lagrange_at_by(const struct ntt_kernels *kernels, const struct lagrange *lagrange, struct field_vector *whole,
		    struct field_vector *odd, u128 r)
{
	struct ntt_sums sums[NTT_SUMS] = {{.out = whole, .scale = lagrange->n_inverse}, {.out = odd}};
	u128 power = r;

	for (unsigned k = 0; k < lagrange->log2_n; k++) {
		sums[0].powers[k] = field_mul(power, lagrange->powers[k + 1]);
		sums[1].powers[k] = field_mul(power, lagrange->powers[k]);
		power = field_mul(power, power);
	}
	sums[1].scale = field_mul(lagrange->n_inverse, field_half(field_sub(1, power)));
	kernels->lagrange(sums, &lagrange->roots, lagrange->log2_n);
	wipe(sums, sizeof sums);
	return power;
}

u128 lagrange_at(const struct lagrange *lagrange, struct field_vector *whole, struct field_vector *odd, u128 r)
{
	return lagrange_at_by(ntt_kernels(), lagrange, whole, odd, r);
}

/* From `quarter` numbers to four times as many; power: y's part that is the same for all. */
static void level(struct field_vector *x, const struct field_vector *roots, size_t quarter, u128 power)
{
	for (size_t i = 0; i < quarter; i++) {
		u128 y = field_mul(power, field_vector_get(roots, quarter + i));
		u128 p = field_vector_get(x, i), py = field_mul(p, y), py2 = field_mul(py, y), py3 = field_mul(py2, y);
		u128 even = field_add(p, py2), odd = field_add(py, py3);
		u128 even_turned = field_sub(p, py2), odd_turned = field_mul(field_sub(py, py3), NTT_FOURTH_ROOT);

		field_vector_set(x, i, field_add(even, odd));
		field_vector_set(x, i + quarter, field_add(even_turned, odd_turned));
		field_vector_set(x, i + 2 * quarter, field_sub(even, odd));
		field_vector_set(x, i + 3 * quarter, field_sub(even_turned, odd_turned));
	}
}

unsigned ntt_lagrange_begin(const struct ntt_sums sums[NTT_SUMS], const struct field_vector *roots, unsigned log2_n,
			    unsigned log2_least)
{
	unsigned log2_done = log2_n % 2;

	for (const struct ntt_sums *set = sums; set < sums + NTT_SUMS; set++) {
		u128 by_power = field_mul(set->scale, set->powers[log2_n - 1]);

		field_vector_set(set->out, 0, log2_done == 0 ? set->scale : field_add(set->scale, by_power));
		field_vector_set(set->out, 1, field_sub(set->scale, by_power));
	}
	for (; log2_done < log2_least && log2_done < log2_n; log2_done += 2)
		for (const struct ntt_sums *set = sums; set < sums + NTT_SUMS; set++)
			level(set->out, roots, (size_t)1 << log2_done, set->powers[log2_n - log2_done - 2]);
	return log2_done;
}

void ntt_lagrange_portable(const struct ntt_sums sums[NTT_SUMS], const struct field_vector *roots, unsigned log2_n)
{
	(void)ntt_lagrange_begin(sums, roots, log2_n, log2_n);
}
