/* SPDX-License-Identifier: Apache-2.0
 * The JSON of a glTF file. Numbers are written without a locale, strings are
 * escaped and made valid UTF-8, and nothing is listed that nothing uses, so the
 * Khronos validator has nothing to say.
 *
 * Invariant: for part i, accessors and buffer views are numbered in the order
 * they are listed here: views 2i (vertices) and 2i + 1 (indices). */
#include "format/gltf_internal.h"
#include "goxel/version.h"

#include <math.h>

#define ARRAY_BUFFER   34962
#define ELEMENT_BUFFER 34963
#define TYPE_U16       5123
#define TYPE_U32       5125
#define TYPE_F32       5126
#define FILTER_NEAREST 9728
#define WRAP_CLAMP     33071

/* ---- values ---- */

/* Length of the UTF-8 character at s, 0 when it is none. */
static size_t utf8_length(const uint8_t *s)
{
    if (s[0] < 0x80)
        return 1;
    size_t len = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
    if (s[0] < 0xc2 || s[0] > 0xf4)
        return 0;
    uint8_t min = 0x80, max = 0xbf;
    if (s[0] == 0xe0)
        min = 0xa0; /* nothing longer than needed */
    else if (s[0] == 0xf0)
        min = 0x90;
    else if (s[0] == 0xed)
        max = 0x9f; /* surrogates */
    else if (s[0] == 0xf4)
        max = 0x8f;
    if (s[1] < min || s[1] > max)
        return 0;
    for (size_t i = 2; i < len; i++)
        if (s[i] < 0x80 || s[i] > 0xbf)
            return 0;
    return len;
}

static void put_string(struct gox_buf *json, const char *text)
{
    const uint8_t *s = (const uint8_t *)text;
    gox_buf_put_byte(json, '"');
    while (*s != 0) {
        size_t len = utf8_length(s);
        if (len == 0) {
            gox_buf_put_str(json, "\xef\xbf\xbd"); /* U+FFFD */
            s++;
            continue;
        }
        if (*s == '"' || *s == '\\') {
            gox_buf_put_byte(json, '\\');
            gox_buf_put_byte(json, *s);
        } else if (*s < 0x20 || *s == 0x7f) {
            gox_buf_printf(json, "\\u%04x", *s);
        } else {
            gox_buf_put(json, s, len);
        }
        s += len;
    }
    gox_buf_put_byte(json, '"');
}

static void put_number(struct gox_buf *json, double value)
{
    char text[GOX_MESH_NUMBER_MAX + 1];
    gox_buf_put(json, text, gox_mesh_number(text, value, 17));
}

static void put_numbers(
        struct gox_buf *json, const char *key, const float *values, int count)
{
    gox_buf_printf(json, ",\"%s\":[", key);
    for (int i = 0; i < count; i++) {
        if (i > 0)
            gox_buf_put_byte(json, ',');
        put_number(json, (double)values[i]);
    }
    gox_buf_put_byte(json, ']');
}

/* Opens an array of the top level: `,"name":[`. */
static void open_list(struct gox_buf *json, const char *name)
{
    gox_buf_printf(json, ",\"%s\":[", name);
}

static void put_comma(struct gox_buf *json, size_t i)
{
    if (i > 0)
        gox_buf_put_byte(json, ',');
}

/* ---- materials ---- */

static float clamp_unit(float v)
{
    return v >= 0.0f ? v <= 1.0f ? v : 1.0f : 0.0f; /* NaN: 0 */
}

/* Colours of materials are sRGB like those of voxels; glTF's factors are
 * linear, as its pictures are once they are sampled. */
static float to_linear(float v)
{
    v = clamp_unit(v);
    return v <= 0.04045f ? v / 12.92f : powf((v + 0.055f) / 1.055f, 2.4f);
}

static void put_emission(struct gox_buf *json, const float emission[3])
{
    float factor[3], max = 0.0f;
    for (int i = 0; i < 3; i++) {
        factor[i] = emission[i] > 0.0f && isfinite(emission[i]) ? emission[i]
                                                                : 0.0f;
        max = factor[i] > max ? factor[i] : max;
    }
    if (max <= 0.0f)
        return;
    for (int i = 0; i < 3 && max > 1.0f; i++)
        factor[i] /= max;
    put_numbers(json, "emissiveFactor", factor, 3);
    if (max > 1.0f) {
        gox_buf_put_str(json, ",\"extensions\":{"
                              "\"KHR_materials_emissive_strength\":{"
                              "\"emissiveStrength\":");
        put_number(json, (double)max);
        gox_buf_put_str(json, "}}");
    }
}

static bool is_brighter_than_one(const struct gox_material *m)
{
    for (int i = 0; i < 3; i++)
        if (m->emission[i] > 1.0f && isfinite(m->emission[i]))
            return true;
    return false;
}

static void put_material(const struct gox__gltf *g,
        const struct gox__gltf_material *m, struct gox_buf *json)
{
    /* What a layer without a material has: plain and matt. */
    const struct gox_material plain = {
            .name = "palette", .color = {1, 1, 1, 1}, .roughness = 1.0f};
    const struct gox_material *mat =
            m->index >= 0 ? &g->img->materials[m->index] : &plain;
    float color[4], metallic = clamp_unit(mat->metallic);
    float roughness = clamp_unit(mat->roughness);
    for (int i = 0; i < 3; i++)
        color[i] = to_linear(mat->color[i]);
    color[3] = clamp_unit(mat->color[3]) * (float)m->opacity / 255.0f;
    gox_buf_put_str(json, "{\"name\":");
    put_string(json, mat->name);
    gox_buf_put_str(json, ",\"pbrMetallicRoughness\":{\"baseColorTexture\":{"
                          "\"index\":0}");
    if (color[0] < 1.0f || color[1] < 1.0f || color[2] < 1.0f ||
            color[3] < 1.0f)
        put_numbers(json, "baseColorFactor", color, 4);
    gox_buf_put_str(json, ",\"metallicFactor\":");
    put_number(json, (double)metallic);
    gox_buf_put_str(json, ",\"roughnessFactor\":");
    put_number(json, (double)roughness);
    gox_buf_put_byte(json, '}');
    put_emission(json, mat->emission);
    if (m->is_blended)
        gox_buf_put_str(json, ",\"alphaMode\":\"BLEND\"");
    gox_buf_put_byte(json, '}');
}

static void put_materials(const struct gox__gltf *g, struct gox_buf *json)
{
    open_list(json, "materials");
    for (size_t i = 0; i < g->material_count; i++) {
        put_comma(json, i);
        put_material(g, &g->materials[i], json);
    }
    gox_buf_printf(json,
            "],\"textures\":[{\"sampler\":0,\"source\":0}],\"samplers\":[{"
            "\"magFilter\":%d,\"minFilter\":%d,\"wrapS\":%d,\"wrapT\":%d}],"
            "\"images\":[{\"name\":\"palette\",\"mimeType\":\"image/png\","
            "\"bufferView\":%zu}]",
            FILTER_NEAREST, FILTER_NEAREST, WRAP_CLAMP, WRAP_CLAMP,
            2 * g->parts.count);
}

/* ---- nodes and meshes ---- */

static void put_nodes(const struct gox__gltf *g, struct gox_buf *json)
{
    gox_buf_put_str(json, ",\"scenes\":[{\"nodes\":[");
    for (size_t i = 0; i < g->parts.count; i++) {
        put_comma(json, i);
        gox_buf_put_uint(json, i);
    }
    gox_buf_put_str(json, "]}],\"nodes\":[");
    for (size_t i = 0; i < g->parts.count; i++) {
        put_comma(json, i);
        gox_buf_put_str(json, "{\"name\":");
        put_string(json, g->parts.items[i].name);
        gox_buf_printf(json, ",\"mesh\":%zu%s}", i,
                g->parts.items[i].is_hidden ? ",\"extras\":{\"hidden\":true}"
                                            : "");
    }
    gox_buf_put_byte(json, ']');
}

static bool has_opaque(const struct gox_mesh_part *part)
{
    return part->opaque_count > 0;
}

static bool has_blended(const struct gox_mesh_part *part)
{
    return part->opaque_count < part->mesh.count;
}

static void put_primitive(const struct gox__gltf *g,
        const struct gox_mesh_part *part, size_t accessor, size_t indices,
        bool is_blended, struct gox_buf *json)
{
    gox_buf_printf(json,
            "{\"attributes\":{\"POSITION\":%zu,\"NORMAL\":%zu,"
            "\"TEXCOORD_0\":%zu},\"indices\":%zu,\"material\":%zu}",
            accessor, accessor + 1, accessor + 2, indices,
            gox__gltf_find_material(g, part, is_blended));
}

static void put_meshes(const struct gox__gltf *g, struct gox_buf *json)
{
    size_t accessor = 0;
    open_list(json, "meshes");
    for (size_t i = 0; i < g->parts.count; i++) {
        const struct gox_mesh_part *part = &g->parts.items[i];
        size_t indices = accessor + 3;
        put_comma(json, i);
        gox_buf_put_str(json, "{\"name\":");
        put_string(json, part->name);
        gox_buf_put_str(json, ",\"primitives\":[");
        if (has_opaque(part))
            put_primitive(g, part, accessor, indices++, false, json);
        if (has_opaque(part) && has_blended(part))
            gox_buf_put_byte(json, ',');
        if (has_blended(part))
            put_primitive(g, part, accessor, indices++, true, json);
        gox_buf_put_str(json, "]}");
        accessor = indices;
    }
    gox_buf_put_byte(json, ']');
}

/* ---- accessors and views ---- */

static void put_bounds(const struct gox__gltf *g, const struct gox_mesh *mesh,
        struct gox_buf *json)
{
    const int32_t a[3] = {mesh->box.min.x, mesh->box.min.y, mesh->box.min.z};
    const int32_t b[3] = {mesh->box.max.x, mesh->box.max.y, mesh->box.max.z};
    float p[3], q[3], min[3], max[3];
    gox_mesh_place_point(&g->place, a, p);
    gox_mesh_place_point(&g->place, b, q);
    for (int i = 0; i < 3; i++) {
        min[i] = p[i] < q[i] ? p[i] : q[i];
        max[i] = p[i] < q[i] ? q[i] : p[i];
    }
    put_numbers(json, "min", min, 3);
    put_numbers(json, "max", max, 3);
}

static void put_indices(bool is_wide, size_t view, size_t first_quad,
        size_t quads, struct gox_buf *json)
{
    gox_buf_printf(json,
            ",{\"bufferView\":%zu,\"byteOffset\":%llu,\"componentType\":%d,"
            "\"count\":%zu,\"type\":\"SCALAR\"}",
            view, (unsigned long long)first_quad * (is_wide ? 24u : 12u),
            is_wide ? TYPE_U32 : TYPE_U16, 6 * quads);
}

static void put_accessors(const struct gox__gltf *g, struct gox_buf *json)
{
    open_list(json, "accessors");
    for (size_t i = 0; i < g->parts.count; i++) {
        const struct gox_mesh_part *part = &g->parts.items[i];
        size_t vertices = 4 * part->mesh.count;
        put_comma(json, i);
        gox_buf_printf(json,
                "{\"bufferView\":%zu,\"componentType\":%d,\"count\":%zu,"
                "\"type\":\"VEC3\"",
                2 * i, TYPE_F32, vertices);
        put_bounds(g, &part->mesh, json);
        gox_buf_printf(json,
                "},{\"bufferView\":%zu,\"byteOffset\":12,\"componentType\":%d,"
                "\"count\":%zu,\"type\":\"VEC3\"},{\"bufferView\":%zu,"
                "\"byteOffset\":24,\"componentType\":%d,\"normalized\":true,"
                "\"count\":%zu,\"type\":\"VEC2\"}",
                2 * i, TYPE_F32, vertices, 2 * i, TYPE_U16, vertices);
        if (has_opaque(part))
            put_indices(g->places[i].is_wide, 2 * i + 1, 0, part->opaque_count,
                    json);
        if (has_blended(part))
            put_indices(g->places[i].is_wide, 2 * i + 1, part->opaque_count,
                    part->mesh.count - part->opaque_count, json);
    }
    gox_buf_put_byte(json, ']');
}

static void put_views(const struct gox__gltf *g, struct gox_buf *json)
{
    open_list(json, "bufferViews");
    for (size_t i = 0; i < g->parts.count; i++) {
        const struct gox__gltf_place *place = &g->places[i];
        gox_buf_printf(json,
                "{\"buffer\":0,\"byteOffset\":%llu,\"byteLength\":%llu,"
                "\"byteStride\":%d,\"target\":%d},{\"buffer\":0,"
                "\"byteOffset\":%llu,\"byteLength\":%llu,\"target\":%d},",
                (unsigned long long)place->vertices_at,
                (unsigned long long)place->vertices_bytes,
                GOX__GLTF_VERTEX_BYTES, ARRAY_BUFFER,
                (unsigned long long)place->indices_at,
                (unsigned long long)place->indices_bytes, ELEMENT_BUFFER);
    }
    gox_buf_printf(json,
            "{\"buffer\":0,\"byteOffset\":%llu,\"byteLength\":%zu}]",
            (unsigned long long)g->png_at, g->png.len);
}

static bool uses_strength(const struct gox__gltf *g)
{
    for (size_t i = 0; i < g->material_count; i++)
        if (g->materials[i].index >= 0 &&
                is_brighter_than_one(&g->img->materials[g->materials[i].index]))
            return true;
    return false;
}

void gox__gltf_put_json(const struct gox__gltf *g, struct gox_buf *json)
{
    gox_buf_put_str(json, "{\"asset\":{\"version\":\"2.0\",\"generator\":"
                          "\"goxel-daemon " GOX_VERSION "\"},\"scene\":0");
    if (g->parts.count == 0) {
        gox_buf_put_str(json, ",\"scenes\":[{\"name\":\"empty\"}]}");
        return;
    }
    if (uses_strength(g))
        gox_buf_put_str(json, ",\"extensionsUsed\":["
                              "\"KHR_materials_emissive_strength\"]");
    put_nodes(g, json);
    put_meshes(g, json);
    put_materials(g, json);
    put_accessors(g, json);
    put_views(g, json);
    gox_buf_printf(json, ",\"buffers\":[{\"byteLength\":%llu",
            (unsigned long long)g->buffer_bytes);
}
