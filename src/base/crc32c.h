/* crc32c: the Castagnoli CRC, by the processor's own instruction where it has one. Finds changes by accident, not by malice. */
#ifndef BASE_CRC32C_H
#define BASE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

#include "prio/bytes.h"

/* Which way is taken depends on the CPU alone: these are in no table of kernels, so that neither PRIO_CPU nor a self-test concerns them.
 *
 * crc32c: of the bytes that crc is the CRC of, followed by these; 0 to begin. Source: RFC 3720, appendix B.4. */
uint32_t crc32c(uint32_t crc, struct prio_bytes bytes);

/* crc32c_until: the same of the bytes up to and including the first that equals last, or of all where there is none. Returns how many
 * those are. Where vectors work out the CRC, looking for that byte costs nothing. */
size_t crc32c_until(uint32_t *crc, struct prio_bytes bytes, uint8_t last);

/* crc32c_combine: of the bytes that first is the CRC of, followed by n_bytes that second is the CRC of. About a microsecond. */
uint32_t crc32c_combine(uint32_t first, uint32_t second, uint64_t n_bytes);

/* crc32c_portable: the same without the instruction, for tests. */
uint32_t crc32c_portable(uint32_t crc, struct prio_bytes bytes);

#endif
