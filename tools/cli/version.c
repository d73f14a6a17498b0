/* --version: the version, and which kernels this machine runs. */
#include "cli/internal.h"
#include "cpu/cpu.h"
#include "prio1/kernels.h"

void print_version(FILE *out, const struct program *program)
{
	enum cpu_table chosen = cpu_chosen();

	fprintf(out, "%s %s\nkernels: %s\n", program->name, PRIO_VERSION, cpu_table_name(chosen));
	for (struct cpu_module *const *module = kernel_modules; *module != NULL; module++) {
		enum cpu_table table = cpu_installed(*module);

		if (cpu_has_failed(*module, chosen))
			fprintf(out, "kernels of %s: %s, because those of %s failed their self-test\n", (*module)->name,
				cpu_table_name(table), cpu_table_name(chosen));
	}
}

bool kernels_are_sound(const struct program *program)
{
	struct prio_error error = {0};

	if (cpu_check_choice(&error) != PRIO_OK) {
		fprintf(stderr, "%s: error: %s\n", program->name, error.text);
		return false;
	}
	for (struct cpu_module *const *module = kernel_modules; *module != NULL; module++) {
		if (cpu_installed(*module) == CPU_PORTABLE && cpu_has_failed(*module, CPU_PORTABLE)) {
			fprintf(stderr, "%s: error: %s gives wrong answers on this machine\n", program->name,
				(*module)->name);
			return false;
		}
	}
	return true;
}
