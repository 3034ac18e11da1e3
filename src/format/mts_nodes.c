/* SPDX-License-Identifier: Apache-2.0
 * Colours of common Luanti nodes: what one looks like from afar, as the mappers
 * of that game show it. Reading a schematic goes from name to colour, writing
 * from colour to a node of that very colour, else to the nearest plain block.
 *
 * Invariant: rows are sorted by name; no two blocks have the same colour.
 * Stairs and slabs have the colour of what they are made of, by rule. */
#include "format/mts_internal.h"

#include <string.h>

#define BLOCK GOX__MTS_BLOCK
#define EXACT GOX__MTS_EXACT
#define NEVER GOX__MTS_NEVER

// clang-format off
static const struct gox__mts_node NODES[] = {
    {"beds:bed_bottom", 0x820303, EXACT},
    {"beds:bed_top", 0xb9a2a3, EXACT},
    {"beds:fancy_bed_bottom", 0x88311c, EXACT},
    {"beds:fancy_bed_top", 0xb39994, EXACT},
    {"bones:bones", 0x757575, EXACT},
    {"carts:brakerail", 0x8a7966, EXACT},
    {"carts:powerrail", 0xa09166, EXACT},
    {"carts:rail", 0x92806c, EXACT},
    {"default:acacia_bush_leaves", 0x6d8557, BLOCK},
    {"default:acacia_bush_sapling", 0x55793d, EXACT},
    {"default:acacia_bush_stem", 0x544d46, EXACT},
    {"default:acacia_leaves", 0x7e9965, BLOCK},
    {"default:acacia_sapling", 0x577840, EXACT},
    {"default:acacia_tree", 0xc37761, BLOCK},
    {"default:acacia_wood", 0x963d27, BLOCK},
    {"default:apple", 0xa12213, EXACT},
    {"default:aspen_leaves", 0x48691d, BLOCK},
    {"default:aspen_sapling", 0x557b2d, EXACT},
    {"default:aspen_tree", 0xdac6a8, BLOCK},
    {"default:aspen_wood", 0xd2c7aa, BLOCK},
    {"default:blueberry_bush_leaves", 0x3f6316, BLOCK},
    {"default:blueberry_bush_leaves_with_berries", 0x3f6316, EXACT},
    {"default:blueberry_bush_sapling", 0x517021, EXACT},
    {"default:bookshelf", 0x836639, EXACT},
    {"default:brick", 0x7b635f, BLOCK},
    {"default:bronzeblock", 0xba6f0f, BLOCK},
    {"default:bush_leaves", 0x23371d, BLOCK},
    {"default:bush_sapling", 0x424028, EXACT},
    {"default:bush_stem", 0x2e2218, EXACT},
    {"default:cactus", 0x467734, BLOCK},
    {"default:cave_ice", 0xa8cef7, EXACT},
    {"default:chest", 0x957345, EXACT},
    {"default:chest_locked", 0x957345, EXACT},
    {"default:chest_locked_open", 0x957345, EXACT},
    {"default:chest_open", 0x957345, EXACT},
    {"default:clay", 0xb7b7b7, BLOCK},
    {"default:cloud", 0xffffff, NEVER},
    {"default:coalblock", 0x3a3a3a, BLOCK},
    {"default:cobble", 0x595654, BLOCK},
    {"default:copperblock", 0xc17e41, BLOCK},
    {"default:coral_brown", 0x92714d, BLOCK},
    {"default:coral_cyan", 0xebe6d7, EXACT},
    {"default:coral_green", 0xebe6d7, EXACT},
    {"default:coral_orange", 0xc54411, BLOCK},
    {"default:coral_pink", 0xebe6d7, EXACT},
    {"default:coral_skeleton", 0xebe6d7, BLOCK},
    {"default:desert_cobble", 0x6e4332, BLOCK},
    {"default:desert_sand", 0xcea562, BLOCK},
    {"default:desert_sandstone", 0xc3985c, BLOCK},
    {"default:desert_sandstone_block", 0xc1985e, BLOCK},
    {"default:desert_sandstone_brick", 0xbf975f, BLOCK},
    {"default:desert_stone", 0x824f3d, BLOCK},
    {"default:desert_stone_block", 0x83503d, BLOCK},
    {"default:desert_stonebrick", 0x83503d, EXACT},
    {"default:diamondblock", 0x8cdadf, BLOCK},
    {"default:dirt", 0x61432b, BLOCK},
    {"default:dirt_with_coniferous_litter", 0x6d5a47, BLOCK},
    {"default:dirt_with_dry_grass", 0xbb944e, BLOCK},
    {"default:dirt_with_grass", 0x406f1a, BLOCK},
    {"default:dirt_with_grass_footsteps", 0x406f1a, EXACT},
    {"default:dirt_with_rainforest_litter", 0x4c270a, BLOCK},
    {"default:dirt_with_snow", 0xe1e1ee, EXACT},
    {"default:dry_dirt", 0xb2885a, BLOCK},
    {"default:dry_dirt_with_dry_grass", 0xbb944e, EXACT},
    {"default:dry_grass_1", 0xd0ac57, EXACT},
    {"default:dry_grass_2", 0xd2ae57, EXACT},
    {"default:dry_grass_3", 0xd2ae57, EXACT},
    {"default:dry_grass_4", 0xd3af58, EXACT},
    {"default:dry_grass_5", 0xd6b25c, EXACT},
    {"default:dry_shrub", 0x674312, EXACT},
    {"default:emergent_jungle_sapling", 0x332810, EXACT},
    {"default:fence_acacia_wood", 0x973e27, EXACT},
    {"default:fence_aspen_wood", 0xd2c7aa, EXACT},
    {"default:fence_junglewood", 0x39270e, EXACT},
    {"default:fence_pine_wood", 0xddb983, EXACT},
    {"default:fence_rail_acacia_wood", 0x963d27, EXACT},
    {"default:fence_rail_aspen_wood", 0xd1c6aa, EXACT},
    {"default:fence_rail_junglewood", 0x38270e, EXACT},
    {"default:fence_rail_pine_wood", 0xddb882, EXACT},
    {"default:fence_rail_wood", 0x836639, EXACT},
    {"default:fence_wood", 0x846739, EXACT},
    {"default:fern_1", 0x557633, EXACT},
    {"default:fern_2", 0x5a7b35, EXACT},
    {"default:fern_3", 0x5b7d36, EXACT},
    {"default:furnace", 0x656260, EXACT},
    {"default:furnace_active", 0x656260, EXACT},
    {"default:glass", 0xf7f7f7, EXACT},
    {"default:goldblock", 0xe7cb23, BLOCK},
    {"default:grass_1", 0x648c36, EXACT},
    {"default:grass_2", 0x628b37, EXACT},
    {"default:grass_3", 0x5e8835, EXACT},
    {"default:grass_4", 0x598530, EXACT},
    {"default:grass_5", 0x567e30, EXACT},
    {"default:gravel", 0x848484, BLOCK},
    {"default:ice", 0xa8cef7, BLOCK},
    {"default:junglegrass", 0x436e1c, EXACT},
    {"default:jungleleaves", 0x161f10, BLOCK},
    {"default:junglesapling", 0x33270f, EXACT},
    {"default:jungletree", 0x79613e, BLOCK},
    {"default:junglewood", 0x38270e, BLOCK},
    {"default:ladder_steel", 0x848484, EXACT},
    {"default:ladder_wood", 0x7d5d2b, EXACT},
    {"default:large_cactus_seedling", 0x436b34, EXACT},
    {"default:lava_flowing", 0xff6400, NEVER},
    {"default:lava_source", 0xff6400, NEVER},
    {"default:leaves", 0x24371d, BLOCK},
    {"default:marram_grass_1", 0x718b60, EXACT},
    {"default:marram_grass_2", 0x66835a, EXACT},
    {"default:marram_grass_3", 0x638258, EXACT},
    {"default:mese", 0xdede00, BLOCK},
    {"default:mese_post_light", 0x86693b, EXACT},
    {"default:meselamp", 0xd5d78f, BLOCK},
    {"default:mossycobble", 0x585b49, BLOCK},
    {"default:obsidian", 0x15181d, BLOCK},
    {"default:obsidian_block", 0x17191e, BLOCK},
    {"default:obsidian_glass", 0x14171b, EXACT},
    {"default:obsidianbrick", 0x17191d, BLOCK},
    {"default:papyrus", 0x618626, EXACT},
    {"default:permafrost", 0x47423d, BLOCK},
    {"default:permafrost_with_moss", 0x6c9633, BLOCK},
    {"default:permafrost_with_stones", 0x47423d, EXACT},
    {"default:pine_bush_needles", 0x103213, EXACT},
    {"default:pine_bush_sapling", 0x3a3328, EXACT},
    {"default:pine_bush_stem", 0x493e35, EXACT},
    {"default:pine_needles", 0x103213, BLOCK},
    {"default:pine_sapling", 0x29301a, EXACT},
    {"default:pine_tree", 0xbfa584, BLOCK},
    {"default:pine_wood", 0xddb982, BLOCK},
    {"default:river_water_flowing", 0x27426a, EXACT},
    {"default:river_water_source", 0x27426a, EXACT},
    {"default:sand", 0xd6cf9e, BLOCK},
    {"default:sand_with_kelp", 0xd6cf9e, EXACT},
    {"default:sandstone", 0xc6c18f, BLOCK},
    {"default:sandstone_block", 0xc3bf8e, BLOCK},
    {"default:sandstonebrick", 0xc2be8d, BLOCK},
    {"default:sapling", 0x433f29, EXACT},
    {"default:sign_wall_steel", 0x939393, EXACT},
    {"default:sign_wall_wood", 0x946742, EXACT},
    {"default:silver_sand", 0xc1bfb3, BLOCK},
    {"default:silver_sandstone", 0xc3c0b5, BLOCK},
    {"default:silver_sandstone_block", 0xc0beb4, BLOCK},
    {"default:silver_sandstone_brick", 0xbfbdb3, BLOCK},
    {"default:snow", 0xe1e1ee, EXACT},
    {"default:snowblock", 0xe1e1ee, BLOCK},
    {"default:steelblock", 0xc3c3c3, BLOCK},
    {"default:stone", 0x615e5d, BLOCK},
    {"default:stone_block", 0x646160, BLOCK},
    {"default:stone_with_coal", 0x615e5d, EXACT},
    {"default:stone_with_copper", 0x615e5d, EXACT},
    {"default:stone_with_diamond", 0x615e5d, EXACT},
    {"default:stone_with_gold", 0x615e5d, EXACT},
    {"default:stone_with_iron", 0x615e5d, EXACT},
    {"default:stone_with_mese", 0x615e5d, EXACT},
    {"default:stone_with_tin", 0x615e5d, EXACT},
    {"default:stonebrick", 0x666362, BLOCK},
    {"default:tinblock", 0x969696, BLOCK},
    {"default:torch", 0x8d7b5d, EXACT},
    {"default:torch_ceiling", 0x8d7b5d, EXACT},
    {"default:torch_wall", 0x8d7b5d, EXACT},
    {"default:tree", 0xb39163, BLOCK},
    {"default:water_flowing", 0x27426a, EXACT},
    {"default:water_source", 0x27426a, EXACT},
    {"default:wood", 0x836639, BLOCK},
    {"doors:door_glass_a", 0xf5f5f5, EXACT},
    {"doors:door_glass_b", 0xf5f5f5, EXACT},
    {"doors:door_obsidian_glass_a", 0x303132, EXACT},
    {"doors:door_obsidian_glass_b", 0x303132, EXACT},
    {"doors:door_steel_a", 0xcbcbcb, EXACT},
    {"doors:door_steel_b", 0xcbcbcb, EXACT},
    {"doors:door_wood_a", 0x594425, EXACT},
    {"doors:door_wood_b", 0x594425, EXACT},
    {"doors:gate_acacia_wood_closed", 0x963d27, EXACT},
    {"doors:gate_acacia_wood_open", 0x963d27, EXACT},
    {"doors:gate_aspen_wood_closed", 0xd2c7aa, EXACT},
    {"doors:gate_aspen_wood_open", 0xd2c7aa, EXACT},
    {"doors:gate_junglewood_closed", 0x38270e, EXACT},
    {"doors:gate_junglewood_open", 0x38270e, EXACT},
    {"doors:gate_pine_wood_closed", 0xddb982, EXACT},
    {"doors:gate_pine_wood_open", 0xddb982, EXACT},
    {"doors:gate_wood_closed", 0x836639, EXACT},
    {"doors:gate_wood_open", 0x836639, EXACT},
    {"doors:trapdoor", 0x826433, EXACT},
    {"doors:trapdoor_open", 0x44351e, EXACT},
    {"doors:trapdoor_steel", 0xc8c8c8, EXACT},
    {"doors:trapdoor_steel_open", 0x616161, EXACT},
    {"farming:cotton_1", 0x597527, EXACT},
    {"farming:cotton_2", 0x597426, EXACT},
    {"farming:cotton_3", 0x637929, EXACT},
    {"farming:cotton_4", 0x6c722f, EXACT},
    {"farming:cotton_5", 0x746935, EXACT},
    {"farming:cotton_6", 0x795f3b, EXACT},
    {"farming:cotton_7", 0x5e4625, EXACT},
    {"farming:cotton_8", 0x7a6c5d, EXACT},
    {"farming:desert_sand_soil", 0xa18448, EXACT},
    {"farming:desert_sand_soil_wet", 0x786335, EXACT},
    {"farming:dry_soil", 0xb2885a, EXACT},
    {"farming:dry_soil_wet", 0xb2885a, EXACT},
    {"farming:seed_cotton", 0x5c573c, EXACT},
    {"farming:seed_wheat", 0xb1a160, EXACT},
    {"farming:soil", 0x61432b, EXACT},
    {"farming:soil_wet", 0x61432b, EXACT},
    {"farming:straw", 0xd4b844, BLOCK},
    {"farming:wheat_1", 0x6eaf24, EXACT},
    {"farming:wheat_2", 0x88b135, EXACT},
    {"farming:wheat_3", 0xa3b654, EXACT},
    {"farming:wheat_4", 0xaabc5f, EXACT},
    {"farming:wheat_5", 0xabb361, EXACT},
    {"farming:wheat_6", 0xadb157, EXACT},
    {"farming:wheat_7", 0xc1b553, EXACT},
    {"farming:wheat_8", 0xbba228, EXACT},
    {"fire:basic_flame", 0xdf882c, NEVER},
    {"fire:permanent_flame", 0xdf882c, NEVER},
    {"fireflies:firefly_bottle", 0xbfc2ca, EXACT},
    {"flowers:chrysanthemum_green", 0x76982c, EXACT},
    {"flowers:dandelion_white", 0xc7bfb0, EXACT},
    {"flowers:dandelion_yellow", 0xd4a71f, EXACT},
    {"flowers:geranium", 0x4d5ba8, EXACT},
    {"flowers:mushroom_brown", 0x6d544e, EXACT},
    {"flowers:mushroom_red", 0xc36666, EXACT},
    {"flowers:rose", 0x824421, EXACT},
    {"flowers:tulip", 0x9c652c, EXACT},
    {"flowers:tulip_black", 0x4e7848, EXACT},
    {"flowers:viola", 0x7345b8, EXACT},
    {"flowers:waterlily", 0x6ba044, EXACT},
    {"flowers:waterlily_waving", 0x6ba044, EXACT},
    {"tnt:gunpowder", 0x0c0c0c, EXACT},
    {"tnt:gunpowder_burning", 0x9c8f07, NEVER},
    {"tnt:tnt", 0xc40000, EXACT},
    {"tnt:tnt_burning", 0xc92900, NEVER},
    {"vessels:drinking_glass", 0xcfd6e4, EXACT},
    {"vessels:glass_bottle", 0xbdc0cc, EXACT},
    {"vessels:shelf", 0x836639, EXACT},
    {"vessels:steel_bottle", 0xc2c1c1, EXACT},
    {"walls:cobble", 0x595654, EXACT},
    {"walls:desertcobble", 0x6e4332, EXACT},
    {"walls:mossycobble", 0x585b49, EXACT},
    {"wool:black", 0x1e1e1e, BLOCK},
    {"wool:blue", 0x004992, BLOCK},
    {"wool:brown", 0x582c00, BLOCK},
    {"wool:cyan", 0x00848c, BLOCK},
    {"wool:dark_green", 0x216700, BLOCK},
    {"wool:dark_grey", 0x3c3c3c, BLOCK},
    {"wool:green", 0x5dda1c, BLOCK},
    {"wool:grey", 0x858585, BLOCK},
    {"wool:magenta", 0xc90370, BLOCK},
    {"wool:orange", 0xd65316, BLOCK},
    {"wool:pink", 0xff8585, BLOCK},
    {"wool:red", 0xaa1212, BLOCK},
    {"wool:violet", 0x5d05a9, BLOCK},
    {"wool:white", 0xdcdcdc, BLOCK},
    {"wool:yellow", 0xfee210, BLOCK},
    {"xpanes:bar", 0x727272, EXACT},
    {"xpanes:bar_flat", 0x727272, EXACT},
    {"xpanes:obsidian_pane", 0x101112, EXACT},
    {"xpanes:obsidian_pane_flat", 0x101112, EXACT},
    {"xpanes:pane", 0xf9f9f9, EXACT},
    {"xpanes:pane_flat", 0xf9f9f9, EXACT},
};
// clang-format on
#define NODE_COUNT (sizeof(NODES) / sizeof(NODES[0]))

/* -1, 0 or 1 as name is before, at or behind the row's name. */
static int compare(const char *name, size_t len, const char *row)
{
    size_t row_len = strlen(row);
    int order = memcmp(name, row, len < row_len ? len : row_len);
    if (order != 0)
        return order < 0 ? -1 : 1;
    return len < row_len ? -1 : len > row_len;
}

static const struct gox__mts_node *find(const char *name, size_t len)
{
    size_t low = 0, high = NODE_COUNT;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = compare(name, len, NODES[middle].name);
        if (order == 0)
            return &NODES[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

/* "stairs:slab_wood" is made of "default:wood" or a farming node. */
static const struct gox__mts_node *find_material(const char *name, size_t len)
{
    static const char *const forms[] = {"stairs:stair_inner_",
            "stairs:stair_outer_", "stairs:stair_", "stairs:slab_"};
    static const char *const mods[] = {"default:", "farming:"};
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        size_t skip = strlen(forms[i]);
        if (len <= skip || memcmp(name, forms[i], skip) != 0)
            continue;
        for (size_t k = 0; k < sizeof(mods) / sizeof(mods[0]); k++) {
            char full[64];
            size_t mod = strlen(mods[k]), rest = len - skip;
            if (mod + rest > sizeof(full))
                return NULL;
            memcpy(full, mods[k], mod);
            memcpy(full + mod, name + skip, rest);
            const struct gox__mts_node *node = find(full, mod + rest);
            if (node != NULL)
                return node;
        }
    }
    return NULL;
}

const struct gox__mts_node *gox__mts_find_node(const char *name, size_t len)
{
    const struct gox__mts_node *node = find(name, len);
    return node != NULL ? node : find_material(name, len);
}

static unsigned distance(uint32_t a, uint32_t b)
{
    int red = (int)(a >> 16 & 255) - (int)(b >> 16 & 255);
    int green = (int)(a >> 8 & 255) - (int)(b >> 8 & 255);
    int blue = (int)(a & 255) - (int)(b & 255);
    return (unsigned)(red * red + green * green + blue * blue);
}

const struct gox__mts_node *gox__mts_choose_node(gox_rgba color)
{
    uint32_t rgb = (uint32_t)gox_rgba_r(color) << 16 |
                   (uint32_t)gox_rgba_g(color) << 8 | gox_rgba_b(color);
    const struct gox__mts_node *best = NULL, *exact = NULL;
    unsigned best_distance = 0;
    for (size_t i = 0; i < NODE_COUNT; i++) {
        unsigned d = distance(rgb, NODES[i].rgb);
        if (d == 0 && exact == NULL && NODES[i].use == GOX__MTS_EXACT)
            exact = &NODES[i];
        if (NODES[i].use != GOX__MTS_BLOCK ||
                (best != NULL && d >= best_distance))
            continue;
        best = &NODES[i];
        best_distance = d;
    }
    return best_distance > 0 && exact != NULL ? exact : best;
}

const struct gox__mts_node *gox__mts_node_at(size_t i)
{
    return i < NODE_COUNT ? &NODES[i] : NULL;
}
