/* Which table runs: from the CPU's own bits, from PRIO_CPU, and after a kernel's wrong answer. */
#include "tests/unit/cmocka_all.h"

#include <sys/wait.h>
#include <unistd.h>

#include "cpu/cpu.h"
#include "cpu/features.h"

enum {
	AVX_STATE = 0x7,
	AVX512_STATE = 0xe7,
};

#define AES_AND_MORE (1u << 25 | 1u << 1 | 1u << 27)
#define AVX2_EBX (1u << 5 | 1u << 8)
#define AVX512_EBX (AVX2_EBX | 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31)
#define IFMA_EBX (AVX512_EBX | 1u << 21)
#define IFMA_ECX (1u << 1 | 1u << 6 | 1u << 9 | 1u << 10)

static const struct {
	const char *what;
	struct cpu_leaves leaves;
	enum cpu_table want;
} machines[] = {
	{"no CPUID", {0, 0, 0, 0}, CPU_PORTABLE},
	{"Sandy Bridge", {AES_AND_MORE, 0, 0, AVX_STATE}, CPU_PORTABLE},
	{"Haswell", {AES_AND_MORE, AVX2_EBX, 0, AVX_STATE}, CPU_AVX2},
	{"Haswell, registers not saved", {AES_AND_MORE, AVX2_EBX, 0, 0x3}, CPU_PORTABLE},
	{"Haswell without OSXSAVE", {AES_AND_MORE, AVX2_EBX, 0, 0}, CPU_PORTABLE},
	{"Haswell, AES hidden", {0, AVX2_EBX, 0, AVX_STATE}, CPU_PORTABLE},
	{"Zen 3: VAES, no AVX-512", {AES_AND_MORE, AVX2_EBX, 1u << 9 | 1u << 10, AVX_STATE}, CPU_AVX2},
	{"Cascade Lake", {AES_AND_MORE, AVX512_EBX, 0, AVX512_STATE}, CPU_AVX512},
	{"Knights Landing: F alone", {AES_AND_MORE, AVX2_EBX | 1u << 16, 0, AVX512_STATE}, CPU_AVX2},
	{"Ice Lake", {AES_AND_MORE, IFMA_EBX, IFMA_ECX, AVX512_STATE}, CPU_AVX512IFMA},
	{"Ice Lake, upper registers not saved", {AES_AND_MORE, IFMA_EBX, IFMA_ECX, AVX_STATE}, CPU_AVX2},
	{"Ice Lake, mask registers not saved", {AES_AND_MORE, IFMA_EBX, IFMA_ECX, 0xc7}, CPU_AVX2},
	{"Cannon Lake: IFMA, no VAES", {AES_AND_MORE, IFMA_EBX, 1u << 1, AVX512_STATE}, CPU_AVX512},
	{"Ice Lake, AVX2 hidden", {AES_AND_MORE, IFMA_EBX & ~(1u << 5), IFMA_ECX, AVX512_STATE}, CPU_PORTABLE},
};

static void reads_the_bits(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < COUNT_OF(machines); i++) {
		enum cpu_table got = cpu_table_of(cpu_features_of(&machines[i].leaves));

		if (got != machines[i].want)
			fail_msg("%s: %s instead of %s", machines[i].what, cpu_table_name(got),
				 cpu_table_name(machines[i].want));
	}
}

/* Each bit alone, so that no row of the decoder has another's number. */
static void every_bit_has_its_feature(void **unused)
{
	uint32_t all = 0;
	int n = 0;

	(void)unused;
	for (unsigned bit = 0; bit < 32; bit++) {
		const struct cpu_leaves each[] = {{1u << bit, 0, 0, AVX512_STATE},
						  {0, 1u << bit, 0, AVX512_STATE},
						  {0, 0, 1u << bit, AVX512_STATE}};

		for (size_t i = 0; i < COUNT_OF(each); i++) {
			uint32_t features = cpu_features_of(&each[i]);

			assert_int_equal(features & (features - 1), 0);
			assert_int_equal(features & all, 0);
			all |= features;
			n += features != 0;
		}
	}
	assert_int_equal(n, 14);
}

/* What a fresh process chooses under PRIO_CPU. */
static enum cpu_table chosen_under(const char *value)
{
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		setenv("PRIO_CPU", value, 1);
		_exit((int)cpu_chosen());
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return (enum cpu_table)WEXITSTATUS(status);
}

static void prio_cpu_chooses(void **unused)
{
	struct prio_error error = {0};
	char *before = getenv("PRIO_CPU");

	(void)unused;
	before = before == NULL ? NULL : strdup(before);
	for (enum cpu_table table = CPU_PORTABLE; table < CPU_TABLES; table++) {
		bool is_there = table <= cpu_best();

		setenv("PRIO_CPU", cpu_table_name(table), 1);
		ASSERT_STATUS(cpu_table_name(table), cpu_check_choice(&error), is_there ? PRIO_OK : PRIO_ERR_CONFIG);
		assert_int_equal(chosen_under(cpu_table_name(table)), is_there ? table : cpu_best());
	}

	setenv("PRIO_CPU", "", 1);
	ASSERT_OK(cpu_check_choice(&error));
	assert_int_equal(chosen_under(""), cpu_best());

	setenv("PRIO_CPU", "AVX2\x1b", 1);
	ASSERT_STATUS("no table's name", cpu_check_choice(&error), PRIO_ERR_CONFIG);
	assert_non_null(strstr(error.text, "\\x1b"));
	ASSERT_STATUS("nobody to tell", cpu_check_choice(NULL), PRIO_ERR_CONFIG);
	assert_int_equal(chosen_under("AVX2"), cpu_best());

	if (before != NULL)
		setenv("PRIO_CPU", before, 1);
	else
		unsetenv("PRIO_CPU");
	free(before);
}

/* A made-up module whose tables are good or bad. */
struct answers {
	bool good;
	int *asked;
};

static bool test_answers(const void *table)
{
	const struct answers *answers = table;

	++*answers->asked;
	return answers->good;
}

static void a_wrong_answer_falls_back(void **unused)
{
	enum cpu_table top = cpu_chosen();

	(void)unused;
	for (unsigned bad = 0; bad < 1u << CPU_TABLES; bad++) {
		int asked = 0;
		struct answers answers[CPU_TABLES];
		struct cpu_module module = {.name = "made-up", .self_test = test_answers};
		enum cpu_table want = top;

		for (unsigned table = 0; table < CPU_TABLES; table++) {
			answers[table] = (struct answers){!(bad >> table & 1), &asked};
			module.tables[table] = &answers[table];
		}
		while (want > CPU_PORTABLE && (bad >> want & 1))
			want--;

		assert_int_equal(cpu_installed(&module), want);
		assert_ptr_equal(cpu_kernels(&module), &answers[want]);
		assert_int_equal(asked, top - want + 1); /* once each, from above, and not again */
		for (enum cpu_table table = CPU_PORTABLE; table < CPU_TABLES; table++)
			assert_int_equal(cpu_has_failed(&module, table),
					 table >= want && table <= top && (bad >> table & 1));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_the_bits),
		cmocka_unit_test(every_bit_has_its_feature),
		cmocka_unit_test(prio_cpu_chooses),
		cmocka_unit_test(a_wrong_answer_falls_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
