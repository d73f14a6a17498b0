/* Plans: every byte of every raw part in exactly one task, and the same plan for the same listing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "pipeline/plan.h"
#include "tests/unit/temp_store.h"

static struct batch_config batches[] = {
	{.batch_id = (char[]){"one"}, .params = {.batch_id = {(const uint8_t *)"one", 3}, .n_data = 4}},
	{.batch_id = (char[]){"a:b"}, .params = {.batch_id = {(const uint8_t *)"a:b", 3}, .n_data = 4}},
	{.batch_id = (char[]){"none"}, .params = {.batch_id = {(const uint8_t *)"none", 4}, .n_data = 4}},
};
static const struct data_config config = {batches, 3};

static void put(struct temp_store *temp, const char *key, size_t n)
{
	char text[128];

	memset(text, 'x', sizeof text);
	text[n] = '\0';
	assert_int_equal(temp_store_put(temp, key, text), PRIO_OK);
}

static void covers_every_byte_once(void **unused)
{
	struct temp_store temp;
	struct plan plans[3];

	(void)unused;
	assert_int_equal(temp_store_new(&temp), 0);
	put(&temp, "raw/shares/_SUCCESS", 0);
	put(&temp, "raw/shares/batch_id=one/part-2", 35);
	put(&temp, "raw/shares/batch_id=one/part-1", 3);
	put(&temp, "raw/shares/batch_id=one/part-0", 4);
	put(&temp, "raw/shares/batch_id=one/part-3", 0);
	put(&temp, "raw/shares/batch_id=one/part-4", 10);
	put(&temp, "raw/shares/batch_id=one/.part-0.crc", 9);
	put(&temp, "raw/shares/batch_id=one/_temporary/part-0", 9);
	put(&temp, "raw/shares/batch_id=a%3Ab/part-0", 7);
	put(&temp, "raw/shares/batch_id=unknown/part-0", 7);
	put(&temp, "raw/shares/stray", 7);
	assert_int_equal(plans_list(plans, &config, temp.store, "raw/shares", NULL, NULL), PRIO_OK);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(plan_cut(&plans[i], 10, NULL), PRIO_OK);

	struct plan *plan = &plans[0];
	assert_int_equal(plan->n_parts, 5);
	assert_int_equal(plan->n_bytes, 52);
	assert_string_equal(plan->parts[0].key, "raw/shares/batch_id=one/part-0");
	uint64_t sum = 0;
	size_t next_input = 0;
	for (size_t i = 0; i < plan->n_tasks; i++) {
		assert_int_equal(plan->tasks[i].first_input, next_input);
		assert_in_range(plan->tasks[i].n_bytes, 1, 10);
		next_input += plan->tasks[i].n_inputs;
		sum += plan->tasks[i].n_bytes;
	}
	assert_int_equal(next_input, plan->n_inputs);
	assert_int_equal(sum, plan->n_bytes);
	/* Each part's ranges follow each other from 0 to its end. */
	uint64_t at = 0;
	uint32_t part = UINT32_MAX;
	for (size_t i = 0; i < plan->n_inputs; i++) {
		if (plan->inputs[i].part != part) {
			part = plan->inputs[i].part;
			at = 0;
		}
		assert_int_equal(plan->inputs[i].begin_bytes, at);
		at = plan->inputs[i].end_bytes;
	}
	/* 4 + 3 share a task; 35 is cut into four; its 5 and 10 do not share one. */
	assert_int_equal(plan->n_tasks, 6);
	assert_int_equal(plans[1].n_parts, 1);
	assert_int_equal(plans[1].n_tasks, 1);
	assert_int_equal(plans[2].n_tasks, 0);
	for (size_t i = 0; i < 3; i++)
		plan_clear(&plans[i]);
	temp_store_free(&temp);
}

/* Every task in exactly one bundle, none empty, none beyond sixteen tasks, and enough of them. */
static void bundles_all_tasks(void **unused)
{
	(void)unused;
	for (size_t n_tasks = 1; n_tasks < 1100; n_tasks++) {
		const struct plan plan = {.n_tasks = n_tasks};
		size_t n = plan_n_bundles(&plan);

		assert_int_equal(plan_bundle_begin(&plan, 0), 0);
		assert_int_equal(plan_bundle_begin(&plan, n), n_tasks);
		for (size_t i = 0; i < n; i++)
			assert_in_range(plan_bundle_begin(&plan, i + 1) - plan_bundle_begin(&plan, i), 1, 16);
		assert_true(n >= 16 || n == n_tasks);
	}
}

static void sizes_tasks(void **unused)
{
	struct plan plan = {.n_bytes = 1000};
	struct prio_params params = {.n_data = 2000};
	uint64_t a = plan_task_bytes(&plan, &params, PRIO_SERVER_A);
	uint64_t b = plan_task_bytes(&plan, &params, PRIO_SERVER_B);

	(void)unused;
	assert_int_equal(a, 32 << 20);
	assert_in_range(b, 300000, 1000000); /* records cost B as much, and are short */
	params.n_data = 20000;
	assert_in_range(plan_task_bytes(&plan, &params, PRIO_SERVER_B), b / 12, b / 8);
	params.n_data = PRIO_N_DATA_MAX;
	assert_int_equal(plan_task_bytes(&plan, &params, PRIO_SERVER_A), 32 << 20);
	assert_in_range(plan_task_bytes(&plan, &params, PRIO_SERVER_B), 10000, 30000);
	params.n_data = 1;
	assert_in_range(plan_task_bytes(&plan, &params, PRIO_SERVER_A), 500000, 2000000);
	/* No more than some 512 of them, however much there is. */
	params.n_data = 2000;
	plan.n_bytes = (uint64_t)1 << 50;
	assert_int_equal(plan_task_bytes(&plan, &params, PRIO_SERVER_A), (uint64_t)1 << 41);
	assert_int_equal(plan_task_bytes(&plan, &params, PRIO_SERVER_B), (uint64_t)1 << 41);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(covers_every_byte_once),
		cmocka_unit_test(bundles_all_tasks),
		cmocka_unit_test(sizes_tasks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
