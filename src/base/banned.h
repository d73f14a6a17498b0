/* banned: functions that this code does not use, because each has overrun somebody's buffer or surprised somebody. Included
 * by the build before every file. */
#ifndef BASE_BANNED_H
#define BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Under _FORTIFY_SOURCE some of them are macros. */
#undef sprintf
#undef vsprintf
#undef strcpy
#undef strcat
#undef strncpy
#undef strncat
#undef gets

#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf gets strtok atoi atol atoll atof

#endif
