/* SPDX-License-Identifier: Apache-2.0
 * The control socket's methods as an OpenRPC document, made from their table.
 */
#include "goxel/version.h"
#include "manager/control_internal.h"

#include <string.h>

static void put_param(struct gox_writer *w, const struct gox_param *p)
{
    struct gox_buf expected;
    gox_buf_init(&expected, 0);
    gox_param_put_expected(p, &expected);
    gox_writer_object(w, NULL);
    gox_writer_string(w, "name", p->name);
    gox_writer_string(w, "description", p->help);
    gox_writer_bool(w, "required", (p->flags & GOX_PARAM_REQUIRED) != 0);
    gox_writer_object(w, "schema");
    gox_writer_text(
            w, "description", (const char *)expected.data, expected.len);
    if (p->fallback != NULL)
        gox_writer_raw(w, "default", p->fallback, strlen(p->fallback));
    gox_writer_end_object(w);
    gox_writer_end_object(w);
    gox_buf_fini(&expected);
}

void gox__discover_put(struct gox_writer *w)
{
    gox_writer_object(w, NULL);
    gox_writer_string(w, "openrpc", "1.2.6");
    gox_writer_object(w, "info");
    gox_writer_string(w, "title", "goxel-manager");
    gox_writer_string(w, "version", GOX_VERSION);
    gox_writer_end_object(w);
    gox_writer_array(w, "methods");
    for (const struct gox_method *m = gox_manager_methods; m->name != NULL;
            m++) {
        gox_writer_object(w, NULL);
        gox_writer_string(w, "name", m->name);
        gox_writer_string(w, "summary", m->summary);
        gox_writer_array(w, "params");
        for (size_t k = 0; k < m->param_count; k++)
            put_param(w, &m->params[k]);
        gox_writer_end_array(w);
        gox_writer_object(w, "result");
        gox_writer_string(w, "name", "result");
        gox_writer_object(w, "schema");
        gox_writer_string(w, "description", m->result);
        gox_writer_end_object(w);
        gox_writer_end_object(w);
        gox_writer_bool(w, "x-safe", (m->flags & GOX_METHOD_SAFE) != 0);
        gox_writer_end_object(w);
    }
    gox_writer_end_array(w);
    gox_writer_end_object(w);
}
