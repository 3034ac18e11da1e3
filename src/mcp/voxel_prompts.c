/* SPDX-License-Identifier: Apache-2.0
 * Prompts: build, review and restyle, each with the way that works. */
#include "mcp/voxel_internal.h"

#include <string.h>

static const char *arg(
        const struct gox_mcp_call *call, const char *name, const char *fallback)
{
    const char *value = gox__vox_str(call, name);
    return value != NULL && value[0] != '\0' ? value : fallback;
}

static int build(struct gox_mcp_call *call)
{
    gox_mcp_prompt_text(call,
            "Build %s as a voxel model, about %s voxels on its longest side, "
            "style: %s.\n\n"
            "Work like this:\n"
            "1. voxel_project {action: \"new\"} with a fitting name and size.\n"
            "2. Choose a palette of 6 to 12 colours with light, middle and "
            "dark "
            "of each material.\n"
            "3. Block out the large masses with voxel_shapes, standing on z = "
            "0 and centred near x = y = 0. Use mirror for what is symmetric "
            "and repeat or turns for what recurs.\n"
            "4. voxel_render. Compare the silhouette from all sides with what "
            "was asked, and mend it before going on.\n"
            "5. Add details: subtract windows and doors, vary colours, "
            "voxel_write for small patterns. Put large parts on layers of "
            "their own, with names.\n"
            "6. voxel_check; mend what floats or is not symmetric by mistake.\n"
            "7. voxel_render once more, and say what was built.",
            gox__vox_str(call, "subject"), arg(call, "size", "32"),
            arg(call, "style", "clean and recognisable"));
    return GOX_MCP_DONE;
}

static int review(struct gox_mcp_call *call)
{
    gox_mcp_prompt_text(call,
            "Review the voxel model%s%s.\n\n"
            "Look at it with voxel_render from isometric, front, right, back "
            "and top, run voxel_check, and read voxel_read {what: \"colors\"}. "
            "Then tell, the most important first: what the model reads as; "
            "proportions and silhouette; floating or missing voxels; symmetry; "
            "colours and contrast. For each point name the place in "
            "coordinates and the call that would mend it. Change nothing "
            "before the user agrees.",
            gox__vox_str(call, "project") ? " " : "", arg(call, "project", ""));
    return GOX_MCP_DONE;
}

static int restyle(struct gox_mcp_call *call)
{
    gox_mcp_prompt_text(call,
            "Restyle the voxel model%s%s as: %s.\n\n"
            "First voxel_history {action: \"checkpoint\", label: \"before "
            "restyle\"}. Look with voxel_render and voxel_palette {action: "
            "\"list\"}. Plan which colour becomes which, then voxel_palette "
            "{action: \"replace\"} for each; change forms only where the style "
            "asks for it. Render again and compare with the checkpoint; "
            "voxel_history {action: \"restore\"} takes all of it back.",
            gox__vox_str(call, "project") ? " " : "", arg(call, "project", ""),
            gox__vox_str(call, "style"));
    return GOX_MCP_DONE;
}

// clang-format off
static const struct gox_mcp_prompt_arg BUILD_ARGS[] = {
        {"subject", "what to build", true},
        {"size", "voxels on the longest side", false},
        {"style", "how it should look", false},
        {NULL, NULL, false},
};
static const struct gox_mcp_prompt_arg REVIEW_ARGS[] = {
        {"project", "name of the project", false},
        {NULL, NULL, false},
};
static const struct gox_mcp_prompt_arg RESTYLE_ARGS[] = {
        {"style", "the new look", true},
        {"project", "name of the project", false},
        {NULL, NULL, false},
};
const struct gox_mcp_prompt gox__vox_prompts[] = {
        {"build", "Build a voxel model", "Builds something step by step, looking at it on the way", BUILD_ARGS, build},
        {"restyle", "Restyle a voxel model", "Gives a model another look, with a way back", RESTYLE_ARGS, restyle},
        {"review", "Review a voxel model", "Looks at a model from all sides and tells what to mend", REVIEW_ARGS, review},
        {NULL, NULL, NULL, NULL, NULL},
};
// clang-format on
