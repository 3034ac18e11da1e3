/* SPDX-License-Identifier: Apache-2.0
 * Going through the rows as the tree that their names make. */
#include "config/walk_internal.h"

#include <string.h>

static const struct {
    const char *name, *help;
} sections[] = {
#define SECTION(name, help) {name, help},
        GOX_SECTION_LIST(SECTION)
#undef SECTION
};

/* Whether a row before i is in the same child of the prefix. */
static bool is_repeated(size_t i, const char *prefix, size_t len)
{
    size_t whole = strlen(prefix) + len;
    const char *name = gox_setting_rows[i].name;
    for (size_t k = 0; k < i; k++) {
        const char *other = gox_setting_rows[k].name;
        if (strncmp(other, name, whole) == 0 &&
                (other[whole] == '.' || other[whole] == '\0'))
            return true;
    }
    return false;
}

bool gox__child_next(const char *prefix, size_t from, struct gox__child *child)
{
    size_t skip = strlen(prefix);
    for (size_t i = from; i < gox_setting_count; i++) {
        const char *name = gox_setting_rows[i].name;
        if (strncmp(name, prefix, skip) != 0)
            continue;
        size_t len = strcspn(name + skip, ".");
        if (is_repeated(i, prefix, len))
            continue;
        *child = (struct gox__child){.name = name + skip,
                .len = len,
                .row = i,
                .is_leaf = name[skip + len] == '\0'};
        return true;
    }
    return false;
}

const char *gox__section_help(const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++)
        if (strlen(sections[i].name) == len &&
                memcmp(sections[i].name, name, len) == 0)
            return sections[i].help;
    return NULL;
}
