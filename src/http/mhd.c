/* SPDX-License-Identifier: Apache-2.0
 * Finding libmicrohttpd at run time. It is not linked because it costs 2.6 MB
 * and 3 ms at the start of programs that hardly ever listen for HTTP. */
#include "http/http_internal.h"

#include <dlfcn.h>
#include <string.h>

/* The version of the interface that the header describes. */
#define LIBRARY "libmicrohttpd.so.12"

static const struct {
    const char *name;
    size_t offset; /* in struct gox__mhd */
} functions[] = {
#define ROW(name) {#name, offsetof(struct gox__mhd, name)},
        GOX__MHD_LIST(ROW)
#undef ROW
};

int gox__mhd_load(struct gox__mhd *mhd, struct gox_error *err)
{
    /* Never closed: libraries that it brings along cannot be unloaded safely.
     */
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        const char *why = dlerror();
        return gox_error_set(err, GOX_ERR_UNSUPPORTED,
                "HTTP needs the library libmicrohttpd (%s), which cannot be "
                "loaded: %.120s; install it (Debian: libmicrohttpd12) or leave "
                "HTTP off",
                LIBRARY, why != NULL ? why : "no reason given");
    }
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        void *symbol = dlsym(library, functions[i].name);
        if (symbol == NULL)
            return gox_error_set(err, GOX_ERR_UNSUPPORTED,
                    "the installed %s has no function %s; HTTP needs "
                    "libmicrohttpd 0.9.73 or newer",
                    LIBRARY, functions[i].name);
        /* ISO C has no conversion from an object pointer to a function's. */
        memcpy((char *)mhd + functions[i].offset, &symbol, sizeof symbol);
    }
    return 0;
}
