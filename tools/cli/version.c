/* --version: the version, and which kernels this machine runs; and the same for commands that tell. */
#include "cli/internal.h"
#include "cpu/cpu.h"
#include "prio1/kernels.h"
#include "record/kernels.h"

/* Those of the library, then those that the tools have besides; NULL behind the last. */
static struct cpu_module *module_at(size_t i)
{
	size_t n = 0;

	while (kernel_modules[n] != NULL)
		n++;
	return i < n ? kernel_modules[i] : i == n ? &record_module : NULL;
}

void print_version(FILE *out, const struct program *program)
{
	enum cpu_table chosen = cpu_chosen();
	struct cpu_module *module;

	fprintf(out, "%s %s\nkernels: %s\n", program->name, PRIO_VERSION, cpu_table_name(chosen));
	for (size_t i = 0; (module = module_at(i)) != NULL; i++) {
		enum cpu_table table = cpu_installed(module);

		if (cpu_has_failed(module, chosen))
			fprintf(out, "kernels of %s: %s, because those of %s failed their self-test\n", module->name,
				cpu_table_name(table), cpu_table_name(chosen));
	}
}

bool kernels_are_sound(const struct program *program)
{
	struct prio_error error = {0};
	struct cpu_module *module;

	if (cpu_check_choice(&error) != PRIO_OK) {
		fprintf(stderr, "%s: error: %s\n", program->name, error.text);
		return false;
	}
	for (size_t i = 0; (module = module_at(i)) != NULL; i++) {
		if (cpu_installed(module) == CPU_PORTABLE && cpu_has_failed(module, CPU_PORTABLE)) {
			fprintf(stderr, "%s: error: %s gives wrong answers on this machine\n", program->name,
				module->name);
			return false;
		}
	}
	return true;
}

enum cli_kernels cli_kernels(char out[CLI_KERNELS_BYTES])
{
	enum cpu_table chosen = cpu_chosen();
	struct cpu_module *module;

	for (size_t i = 0; (module = module_at(i)) != NULL; i++) {
		if (cpu_installed(module) != chosen) {
			snprintf(out, CLI_KERNELS_BYTES, "those of %s are %s, because %s ones failed their self-test", module->name,
				 cpu_table_name(cpu_installed(module)), cpu_table_name(chosen));
			return CLI_KERNELS_FAILED;
		}
	}
	if (chosen == cpu_best()) {
		snprintf(out, CLI_KERNELS_BYTES, "%s", cpu_table_name(chosen));
		return CLI_KERNELS_BEST;
	}
	snprintf(out, CLI_KERNELS_BYTES, "%s, as PRIO_CPU says, and this machine has %s", cpu_table_name(chosen),
		 cpu_table_name(cpu_best()));
	return CLI_KERNELS_CHOSEN;
}
