#include "cpu/cpu.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "cpu/features.h"

/* What each table needs beyond the one before it. */
static const struct {
	const char *name;
	uint32_t features;
} tables[CPU_TABLES] = {
	[CPU_PORTABLE] = {"portable", 0},
	[CPU_AVX2] = {"avx2", CPU_HAS_AVX2 | CPU_HAS_BMI2 | CPU_HAS_AES},
	[CPU_AVX512] = {"avx512", CPU_HAS_AVX512F | CPU_HAS_AVX512DQ | CPU_HAS_AVX512BW | CPU_HAS_AVX512VL},
	[CPU_AVX512IFMA] = {"avx512ifma", CPU_HAS_IFMA | CPU_HAS_VBMI | CPU_HAS_VBMI2 | CPU_HAS_VAES | CPU_HAS_VPCLMUL},
};

const char *cpu_table_name(enum cpu_table table)
{
	return tables[table].name;
}

enum cpu_table cpu_table_of(uint32_t features)
{
	enum cpu_table table = CPU_PORTABLE;

	while (table + 1 < CPU_TABLES && (features & tables[table + 1].features) == tables[table + 1].features)
		table++;
	return table;
}

enum cpu_table cpu_best(void)
{
	return cpu_table_of(cpu_features()); /* a portable build sees no features */
}

/* The table that PRIO_CPU names; CPU_TABLES if it names none. *text: its value; NULL: not given. */
static enum cpu_table wanted(const char **text)
{
	enum cpu_table table = CPU_PORTABLE;

	*text = getenv("PRIO_CPU");
	if (*text != NULL && **text == '\0')
		*text = NULL;
	while (*text != NULL && table < CPU_TABLES && strcmp(*text, tables[table].name) != 0)
		table++;
	return *text == NULL ? CPU_TABLES : table;
}

enum cpu_table cpu_chosen(void)
{
	static atomic_uint kept; /* table + 1 */
	unsigned known = atomic_load_explicit(&kept, memory_order_relaxed);

	if (known == 0) {
		const char *text;
		enum cpu_table best = cpu_best(), table = wanted(&text);

		known = (unsigned)(table < best ? table : best) + 1;
		atomic_store_explicit(&kept, known, memory_order_relaxed);
	}
	return (enum cpu_table)(known - 1);
}

enum prio_status cpu_check_choice(struct prio_error *error)
{
	const char *text;
	enum cpu_table table = wanted(&text);
	char shown[100];

	if (text == NULL || table <= cpu_best())
		return PRIO_OK;
	if (table < CPU_TABLES)
		return error_set(error, PRIO_ERR_CONFIG,
				 "PRIO_CPU is %s, which this machine or build does not have; it has %s", text,
				 cpu_table_name(cpu_best()));
	escape_text(shown, sizeof shown, (struct prio_bytes){(const uint8_t *)text, strlen(text)});
	return error_set(error, PRIO_ERR_CONFIG,
			 "PRIO_CPU is \"%s\"; it must be portable, avx2, avx512 or avx512ifma, or not set", shown);
}

/* Threads that come here together all test, find the same, and store the same. */
static enum cpu_table install(struct cpu_module *module)
{
	enum cpu_table table = cpu_chosen();

	for (;; table--) {
		if (module->self_test(module->tables[table]))
			break;
		atomic_fetch_or(&module->failed, 1u << table);
		if (table == CPU_PORTABLE)
			break;
	}
	atomic_store_explicit(&module->installed, (unsigned)table + 1, memory_order_release);
	return table;
}

enum cpu_table cpu_installed(struct cpu_module *module)
{
	unsigned known = atomic_load_explicit(&module->installed, memory_order_acquire);

	return known != 0 ? (enum cpu_table)(known - 1) : install(module);
}

const void *cpu_kernels(struct cpu_module *module)
{
	return module->tables[cpu_installed(module)];
}

bool cpu_has_failed(struct cpu_module *module, enum cpu_table table)
{
	return atomic_load(&module->failed) >> table & 1;
}
