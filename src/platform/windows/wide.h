/* SPDX-License-Identifier: Apache-2.0
 * UTF-8 to what Windows wants, and its errors to ours. */
#ifndef GOX_PLATFORM_WINDOWS_WIDE_H
#define GOX_PLATFORM_WINDOWS_WIDE_H

#include "base/error.h"

#include <stddef.h>

/* On the heap, NULL for no memory or no UTF-8. */
wchar_t *gox__wide_dup(const char *text);
/* GetLastError() as a code. */
int gox__win_code(unsigned long error);

#endif
