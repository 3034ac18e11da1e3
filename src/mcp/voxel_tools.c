/* SPDX-License-Identifier: Apache-2.0
 * The table of tools, in the order of their names. Schemas are flat and short:
 * the whole list is read by a model in each conversation, so a test keeps it
 * below 5,000 tokens. */
#include "goxel/version.h"
#include "mcp/voxel_internal.h"

// clang-format off
const struct gox_mcp_tool gox__vox_tools[] = {
        {.name = "voxel_check", .title = "Check the model",
         .description =
                "Finds what is wrong: floating parts, near-symmetry, no ground cont"
                "act; gives bounds, counts and parts.",
         .schema =
                "{\"type\":\"object\",\"properties\":{\"layer\":{\"type\":[\"intege"
                "r\",\"string\"],\"description\":\"default: all visible\"},\"region"
                "\":{\"type\":\"object\",\"description\":\"{min, max}, both inclusi"
                "ve\",\"properties\":{\"min\":{\"type\":\"array\"},\"max\":{\"type"
                "\":\"array\"}},\"required\":[\"min\",\"max\"]},\"max_components\":"
                "{\"type\":\"integer\"},\"project\":{\"type\":\"string\",\"descript"
                "ion\":\"default: the one used last\"}},\"additionalProperties\":fa"
                "lse}",
         .flags = GOX_MCP_READ_ONLY, .run = gox__vox_check},
        {.name = "voxel_edit", .title = "Edit voxels",
         .description =
                "Runs a list of operations as one undoable edit: all or nothing. Ea"
                "ch has \"type\" and its own fields:\nadd_voxel/paint_voxels {posit"
                "ion, color}; remove_voxel {position}; add_voxels {voxels: [[x,y,z,"
                "r,g,b]...], color}; flood_fill {position, color}; replace_color {f"
                "rom, to, tolerance}; extrude {position, face: +x..-z, delta}; tran"
                "sform {op: translate/rotate/mirror/scale, offset, axis, quarter_tu"
                "rns, factor, region}; crop {min, max}; write_slices {axis, index, "
                "origin, palette, rows}; create_layer {name}; set_layer, clear_laye"
                "r, delete_layer {layer}; or any shape as in voxel_shapes, such as "
                "{\"type\": \"box\", \"min\": [0,0,0], \"max\": [4,4,0], \"color\":"
                " \"#a52\"}.",
         .schema =
                "{\"type\":\"object\",\"properties\":{\"operations\":{\"type\":\"ar"
                "ray\",\"minItems\":1,\"items\":{\"type\":\"object\",\"properties\""
                ":{\"type\":{\"type\":\"string\"}}}},\"layer\":{\"type\":[\"integer"
                "\",\"string\"],\"description\":\"for operations that name none; de"
                "fault: the active layer\"},\"dry_run\":{\"type\":\"boolean\",\"des"
                "cription\":\"try on a copy, change nothing\"},\"keep_going\":{\"ty"
                "pe\":\"boolean\",\"description\":\"skip operations that fail\"},\""
                "render\":{\"type\":\"boolean\",\"description\":\"answer with a pic"
                "ture too\"},\"if_revision\":{\"type\":\"integer\",\"description\":"
                "\"refused when the project is at another revision\"},\"project\":{"
                "\"type\":\"string\",\"description\":\"default: the one used last\""
                "}},\"required\":[\"operations\"],\"additionalProperties\":false}",
         .flags = GOX_MCP_DESTRUCTIVE, .run = gox__vox_edit},
        {.name = "voxel_export", .title = "Export a file",
         .description =
                "Writes the model to a file; the format comes from the extension: g"
                "ox vox qb kvx mts txt glb gltf obj ply stl pov slices.png.",
         .schema =
                "{\"type\":\"object\",\"properties\":{\"path\":{\"type\":\"string\""
                ",\"description\":\"absolute, or relative to the daemon's data dire"
                "ctory\"},\"format\":{\"type\":\"string\"},\"faces\":{\"enum\":[\"m"
                "erged\",\"raw\"]},\"up\":{\"enum\":[\"y\",\"z\"]},\"scale\":{\"typ"
                "e\":\"number\"},\"pivot\":{\"enum\":[\"origin\",\"center\",\"botto"
                "m\"]},\"project\":{\"type\":\"string\",\"description\":\"default: "
                "the one used last\"}},\"required\":[\"path\"],\"additionalProperti"
                "es\":false}",
         .flags = GOX_MCP_IDEMPOTENT | GOX_MCP_DESTRUCTIVE, .run = gox__vox_export},
        {.name = "voxel_history", .title = "Undo, checkpoints, diff",
         .description =
                "list: edits that can be undone; undo/redo {steps}; checkpoint {lab"
                "el}; restore {to: label or revision}; diff {from, to}: what change"
                "d.",
         .schema =
                "{\"type\":\"object\",\"properties\":{\"action\":{\"enum\":[\"list"
                "\",\"undo\",\"redo\",\"checkpoint\",\"restore\",\"diff\"]},\"steps"
                "\":{\"type\":\"integer\",\"minimum\":1},\"label\":{\"type\":\"stri"
                "ng\"},\"from\":{\"type\":[\"integer\",\"string\"],\"description\":"
                "\"label or revision\"},\"to\":{\"type\":[\"integer\",\"string\"]},"
                "\"limit\":{\"type\":\"integer\"},\"if_revision\":{\"type\":\"integ"
                "er\",\"description\":\"refused when the project is at another revi"
                "sion\"},\"project\":{\"type\":\"string\",\"description\":\"default"
                ": the one used last\"}},\"required\":[\"action\"],\"additionalProp"
                "erties\":false}",
         .flags = 0, .run = gox__vox_history},
        {.name = "voxel_import", .title = "Import a file",
         .description =
                "Adds the voxels of a file (voxel formats, PNG, or a mesh, which is"
                " voxelized) to the project. To open a file as a project of its own"
                " use voxel_project.",
         .schema =
                "{\"type\":\"object\",\"properties\":{\"path\":{\"type\":\"string\""
                "},\"format\":{\"type\":\"string\"},\"layer\":{\"type\":\"string\","
                "\"description\":\"into this layer; default: new layers\"},\"offset"
                "\":{\"type\":\"array\",\"items\":{\"type\":\"integer\"},\"minItems"
                "\":3,\"maxItems\":3},\"size\":{\"type\":\"integer\",\"description"
                "\":\"longest side of a voxelized mesh\"},\"if_revision\":{\"type\""
                ":\"integer\",\"description\":\"refused when the project is at anot"
                "her revision\"},\"project\":{\"type\":\"string\",\"description\":"
                "\"default: the one used last\"}},\"required\":[\"path\"],\"additio"
                "nalProperties\":false}",
         .flags = 0, .run = gox__vox_import},
        {.name = "voxel_layers", .title = "Layers",
         .description =
                "list; create {name}; delete, clear, duplicate, activate {layer}; r"
                "ename {layer, name}; move {layer, index: 0 bottom, -1 top}; merge "
                "{layer, into}; set {layer, visible, locked, opacity, blend}.",
         .schema =
                "{\"type\":\"object\",\"properties\":{\"action\":{\"enum\":[\"list"
                "\",\"create\",\"delete\",\"clear\",\"duplicate\",\"activate\",\"re"
                "name\",\"move\",\"merge\",\"set\"]},\"layer\":{\"type\":[\"integer"
                "\",\"string\"],\"description\":\"id or name\"},\"name\":{\"type\":"
                "\"string\"},\"index\":{\"type\":\"integer\"},\"into\":{\"type\":["
                "\"integer\",\"string\"],\"description\":\"id or name\"},\"visible"
                "\":{\"type\":\"boolean\"},\"locked\":{\"type\":\"boolean\"},\"opac"
                "ity\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":255},\"blend"
                "\":{\"enum\":[\"over\",\"sub\",\"sub-clamp\",\"paint\",\"max\",\"i"
                "ntersect\",\"intersect-fill\",\"mult-alpha\",\"replace\"]},\"if_re"
                "vision\":{\"type\":\"integer\",\"description\":\"refused when the "
                "project is at another revision\"},\"project\":{\"type\":\"string\""
                ",\"description\":\"default: the one used last\"}},\"required\":[\""
                "action\"],\"additionalProperties\":false}",
         .flags = GOX_MCP_DESTRUCTIVE, .run = gox__vox_layers},
        {.name = "voxel_palette", .title = "Colours",
         .description =
                "list: colours in use with counts; nearest {color}: the colour in u"
                "se that is nearest; replace {color, to, tolerance}: recolours.",
         .schema =
                "{\"type\":\"object\",\"properties\":{\"action\":{\"enum\":[\"list"
                "\",\"nearest\",\"replace\"]},\"color\":{\"type\":\"string\",\"desc"
                "ription\":\"#RRGGBB or CSS name\"},\"to\":{\"type\":\"string\",\"d"
                "escription\":\"#RRGGBB or CSS name\"},\"tolerance\":{\"type\":\"in"
                "teger\",\"minimum\":0,\"maximum\":255},\"layer\":{\"type\":[\"inte"
                "ger\",\"string\"],\"description\":\"default: all visible; replace:"
                " the active layer\"},\"region\":{\"type\":\"object\",\"description"
                "\":\"{min, max}, both inclusive\",\"properties\":{\"min\":{\"type"
                "\":\"array\"},\"max\":{\"type\":\"array\"}},\"required\":[\"min\","
                "\"max\"]},\"if_revision\":{\"type\":\"integer\",\"description\":\""
                "refused when the project is at another revision\"},\"project\":{\""
                "type\":\"string\",\"description\":\"default: the one used last\"}}"
                ",\"required\":[\"action\"],\"additionalProperties\":false}",
         .flags = 0, .run = gox__vox_palette},
        {.name = "voxel_project", .title = "Projects",
         .description =
                "new {name, size}; list; info; open {name, or path of a file}; save"
                " {path}; copy {name, to}; close, delete {name, discard}. Other too"
                "ls use the project that was used last, unless they name one.",
         .schema =
                "{\"type\":\"object\",\"properties\":{\"action\":{\"enum\":[\"new\""
                ",\"list\",\"info\",\"open\",\"save\",\"copy\",\"close\",\"delete\""
                "]},\"name\":{\"type\":\"string\"},\"size\":{\"type\":\"array\",\"i"
                "tems\":{\"type\":\"integer\"},\"minItems\":3,\"maxItems\":3,\"desc"
                "ription\":\"[x, y, z] of the canvas; edits may go beyond\"},\"path"
                "\":{\"type\":\"string\"},\"to\":{\"type\":\"string\"},\"overwrite"
                "\":{\"type\":\"boolean\",\"description\":\"new: replace a project "
                "of that name\"},\"discard\":{\"type\":\"boolean\",\"description\":"
                "\"drop unsaved changes\"},\"project\":{\"type\":\"string\",\"descr"
                "iption\":\"the same as name\"}},\"required\":[\"action\"],\"additi"
                "onalProperties\":false}",
         .flags = GOX_MCP_DESTRUCTIVE, .run = gox__vox_project},
        {.name = "voxel_read", .title = "Read voxels",
         .description =
                "slices (default): rows of palette letters, '.' empty, with the axe"
                "s; voxels: a list; colors: counts; bounds.",
         .schema =
                "{\"type\":\"object\",\"properties\":{\"what\":{\"enum\":[\"slices"
                "\",\"voxels\",\"colors\",\"bounds\"]},\"axis\":{\"enum\":[\"x\",\""
                "y\",\"z\"],\"description\":\"slices square to it; default z\"},\"i"
                "ndex\":{\"type\":\"integer\",\"description\":\"one slice\"},\"rang"
                "e\":{\"type\":\"array\",\"items\":{\"type\":\"integer\"},\"minItem"
                "s\":2,\"maxItems\":2,\"description\":\"[first, last] slice\"},\"re"
                "gion\":{\"type\":\"object\",\"description\":\"{min, max}, both inc"
                "lusive\",\"properties\":{\"min\":{\"type\":\"array\"},\"max\":{\"t"
                "ype\":\"array\"}},\"required\":[\"min\",\"max\"]},\"layer\":{\"typ"
                "e\":[\"integer\",\"string\"],\"description\":\"default: all visibl"
                "e\"},\"color\":{\"type\":\"string\",\"description\":\"voxels: only"
                " of this colour\"},\"offset\":{\"type\":\"integer\"},\"limit\":{\""
                "type\":\"integer\"},\"project\":{\"type\":\"string\",\"description"
                "\":\"default: the one used last\"}},\"additionalProperties\":false"
                "}",
         .flags = GOX_MCP_READ_ONLY, .run = gox__vox_read},
        {.name = "voxel_render", .title = "Render a picture",
         .description =
                "Shows the model as a PNG. Default: isometric, front, right and top"
                " in one labelled sheet, each fitted to the model.",
         .schema =
                "{\"type\":\"object\",\"properties\":{\"views\":{\"type\":\"array\""
                ",\"maxItems\":16,\"items\":{\"enum\":[\"front\",\"back\",\"left\","
                "\"right\",\"top\",\"bottom\",\"isometric\"]}},\"camera\":{\"type\""
                ":\"object\",\"description\":\"{position, target, up: [x,y,z], fov "
                "or ortho}, instead of views\"},\"width\":{\"type\":\"integer\",\"m"
                "inimum\":16,\"maximum\":1024},\"height\":{\"type\":\"integer\",\"m"
                "inimum\":16,\"maximum\":1024},\"layer\":{\"type\":[\"integer\",\"s"
                "tring\"],\"description\":\"only this one\"},\"background\":{\"type"
                "\":\"string\",\"description\":\"#RRGGBB or CSS name\"},\"edges\":{"
                "\"type\":\"boolean\",\"description\":\"outline voxels\"},\"shadows"
                "\":{\"type\":\"boolean\"},\"transparent\":{\"type\":\"boolean\"},"
                "\"project\":{\"type\":\"string\",\"description\":\"default: the on"
                "e used last\"}},\"additionalProperties\":false}",
         .flags = GOX_MCP_READ_ONLY, .run = gox__vox_render_tool},
        {.name = "voxel_script", .title = "Run a script",
         .description =
                "Runs JavaScript (ES5, bounded time and memory) as one edit, for lo"
                "ops, noise, formulas: goxel.add_voxel({x, y, z, color}), goxel.pro"
                "cedural_shape({shape, box: {min, max}, color, mode}), goxel.get_vo"
                "xel({x, y, z}); print() writes output, the last value is the resul"
                "t. When it throws, nothing changes.",
         .schema =
                "{\"type\":\"object\",\"properties\":{\"script\":{\"type\":\"string"
                "\"},\"name\":{\"type\":\"string\",\"description\":\"label in the h"
                "istory\"},\"timeout_ms\":{\"type\":\"integer\",\"minimum\":1,\"max"
                "imum\":300000},\"if_revision\":{\"type\":\"integer\",\"description"
                "\":\"refused when the project is at another revision\"},\"project"
                "\":{\"type\":\"string\",\"description\":\"default: the one used la"
                "st\"}},\"required\":[\"script\"],\"additionalProperties\":false}",
         .flags = GOX_MCP_DESTRUCTIVE, .run = gox__vox_script},
        {.name = "voxel_shapes", .title = "Draw shapes",
         .description =
                "Draws, cuts or paints shapes as one edit. Give min and max (box, c"
                "ylinder, sphere ... fill that box), or center and size; line and c"
                "apsule take from, to, radius. hollow: wall thickness. Modifiers ma"
                "ke copies: mirror \"x\"/\"xy\" at mirror_at (default 0; 0.5 steps "
                "allowed), repeat {count, step: [x,y,z]}, turns 2 or 4 around pivot"
                " [x,y,z] (about z).",
         .schema =
                "{\"type\":\"object\",\"properties\":{\"shapes\":{\"type\":\"array"
                "\",\"minItems\":1,\"items\":{\"type\":\"object\",\"properties\":{"
                "\"shape\":{\"enum\":[\"box\",\"sphere\",\"ellipsoid\",\"cylinder\""
                ",\"cone\",\"pyramid\",\"torus\",\"line\",\"capsule\",\"plane\",\"w"
                "edge\"]},\"color\":{\"type\":\"string\",\"description\":\"#RRGGBB "
                "or CSS name\"},\"mode\":{\"enum\":[\"add\",\"subtract\",\"intersec"
                "t\",\"paint\",\"replace\"]},\"min\":{\"type\":\"array\",\"items\":"
                "{\"type\":\"integer\"},\"minItems\":3,\"maxItems\":3},\"max\":{\"t"
                "ype\":\"array\",\"items\":{\"type\":\"integer\"},\"minItems\":3,\""
                "maxItems\":3},\"center\":{\"type\":\"array\",\"items\":{\"type\":"
                "\"integer\"},\"minItems\":3,\"maxItems\":3},\"size\":{\"type\":\"a"
                "rray\",\"items\":{\"type\":\"integer\"},\"minItems\":3,\"maxItems"
                "\":3},\"from\":{\"type\":\"array\",\"items\":{\"type\":\"integer\""
                "},\"minItems\":3,\"maxItems\":3},\"to\":{\"type\":\"array\",\"item"
                "s\":{\"type\":\"integer\"},\"minItems\":3,\"maxItems\":3},\"radius"
                "\":{\"type\":\"number\"},\"tube\":{\"type\":\"number\",\"descripti"
                "on\":\"torus\"},\"hollow\":{\"type\":\"integer\"},\"axis\":{\"enum"
                "\":[\"x\",\"y\",\"z\"]},\"flipped\":{\"type\":\"boolean\"},\"mirro"
                "r\":{\"type\":\"string\"},\"mirror_at\":{\"type\":\"array\",\"item"
                "s\":{\"type\":\"number\"},\"minItems\":3,\"maxItems\":3},\"repeat"
                "\":{\"type\":\"object\"},\"turns\":{\"enum\":[2,4]},\"pivot\":{\"t"
                "ype\":\"array\",\"items\":{\"type\":\"number\"},\"minItems\":3,\"m"
                "axItems\":3},\"layer\":{\"type\":[\"integer\",\"string\"],\"descri"
                "ption\":\"id or name\"},\"clip\":{\"type\":\"object\"}},\"required"
                "\":[\"shape\"],\"additionalProperties\":false}},\"layer\":{\"type"
                "\":[\"integer\",\"string\"],\"description\":\"default: the active "
                "layer\"},\"dry_run\":{\"type\":\"boolean\",\"description\":\"try o"
                "n a copy, change nothing\"},\"render\":{\"type\":\"boolean\",\"des"
                "cription\":\"answer with a picture too\"},\"if_revision\":{\"type"
                "\":\"integer\",\"description\":\"refused when the project is at an"
                "other revision\"},\"project\":{\"type\":\"string\",\"description\""
                ":\"default: the one used last\"}},\"required\":[\"shapes\"],\"addi"
                "tionalProperties\":false}",
         .flags = GOX_MCP_DESTRUCTIVE, .run = gox__vox_shapes},
        {.name = "voxel_transform", .title = "Transform voxels",
         .description =
                "move {offset}; rotate {axis, turns: quarter turns}; mirror {axis};"
                " scale {factor: 2.. enlarges, -2.. shrinks}; copy {region, to: low"
                "est corner}; crop {region}. Without region the whole layer.",
         .schema =
                "{\"type\":\"object\",\"properties\":{\"op\":{\"enum\":[\"move\",\""
                "rotate\",\"mirror\",\"scale\",\"copy\",\"crop\"]},\"offset\":{\"ty"
                "pe\":\"array\",\"items\":{\"type\":\"integer\"},\"minItems\":3,\"m"
                "axItems\":3},\"axis\":{\"enum\":[\"x\",\"y\",\"z\"]},\"turns\":{\""
                "type\":\"integer\",\"minimum\":-4,\"maximum\":4},\"factor\":{\"typ"
                "e\":\"integer\"},\"pivot\":{\"type\":\"array\",\"items\":{\"type\""
                ":\"number\"},\"minItems\":3,\"maxItems\":3},\"region\":{\"type\":"
                "\"object\",\"description\":\"{min, max}, both inclusive\",\"proper"
                "ties\":{\"min\":{\"type\":\"array\"},\"max\":{\"type\":\"array\"}}"
                ",\"required\":[\"min\",\"max\"]},\"to\":{\"type\":\"array\",\"item"
                "s\":{\"type\":\"integer\"},\"minItems\":3,\"maxItems\":3},\"mode\""
                ":{\"enum\":[\"add\",\"subtract\",\"intersect\",\"paint\",\"replace"
                "\"]},\"layer\":{\"type\":[\"integer\",\"string\"],\"description\":"
                "\"default: the active layer\"},\"if_revision\":{\"type\":\"integer"
                "\",\"description\":\"refused when the project is at another revisi"
                "on\"},\"project\":{\"type\":\"string\",\"description\":\"default: "
                "the one used last\"}},\"required\":[\"op\"],\"additionalProperties"
                "\":false}",
         .flags = GOX_MCP_DESTRUCTIVE, .run = gox__vox_transform},
        {.name = "voxel_view_3d", .title = "Show in 3D",
         .description =
                "Opens the interactive 3D viewer for the user, where the client has"
                " one; answers with a picture.",
         .schema =
                "{\"type\":\"object\",\"properties\":{\"project\":{\"type\":\"strin"
                "g\",\"description\":\"default: the one used last\"}},\"additionalP"
                "roperties\":false}",
         .flags = GOX_MCP_READ_ONLY, .run = gox__vox_view_3d,
         .meta = "{\"ui\":{\"resourceUri\":\"" GOX__VOX_VIEWER_URI "\",\"visibility\":[\"model\",\"app\"]},"
                 "\"ui/resourceUri\":\"" GOX__VOX_VIEWER_URI "\"}"},
        {.name = "voxel_write", .title = "Draw slices with letters",
         .description =
                "Draws whole slices from text: the first row is the top. On axis z "
                "a row runs along +x and rows go down in y; on x and y rows go down"
                " in z. '.' removes, ' ' leaves. palette: {letter: colour}.",
         .schema =
                "{\"type\":\"object\",\"properties\":{\"rows\":{\"type\":\"array\","
                "\"description\":\"strings; or several such arrays, for the next sl"
                "ices on the axis\"},\"palette\":{\"type\":\"object\"},\"axis\":{\""
                "enum\":[\"x\",\"y\",\"z\"],\"description\":\"default z\"},\"index"
                "\":{\"type\":\"integer\",\"description\":\"coordinate of the first"
                " slice\"},\"origin\":{\"type\":\"array\",\"items\":{\"type\":\"int"
                "eger\"},\"minItems\":3,\"maxItems\":3,\"description\":\"lowest cor"
                "ner: first column, last row\"},\"layer\":{\"type\":[\"integer\",\""
                "string\"],\"description\":\"default: the active layer\"},\"render"
                "\":{\"type\":\"boolean\",\"description\":\"answer with a picture t"
                "oo\"},\"if_revision\":{\"type\":\"integer\",\"description\":\"refu"
                "sed when the project is at another revision\"},\"project\":{\"type"
                "\":\"string\",\"description\":\"default: the one used last\"}},\"r"
                "equired\":[\"rows\",\"palette\"],\"additionalProperties\":false}",
         .flags = GOX_MCP_DESTRUCTIVE, .run = gox__vox_write},
        {.name = NULL},
};
// clang-format on

static const char INSTRUCTIONS[] =
        "Goxel builds voxel models. Axes: x right, y back, z up; the ground is "
        "z = 0, the front is seen from -y. Coordinates are whole voxels, boxes "
        "include both corners. Colours: #RRGGBB, [r,g,b] or CSS names.\n"
        "Way of work: voxel_project new; large masses with voxel_shapes "
        "(mirror, "
        "repeat, turns); look with voxel_render; details with voxel_edit or "
        "voxel_write; voxel_check for floating parts and symmetry; checkpoint "
        "before risky steps. Look at a picture after each larger edit. One "
        "call "
        "with many operations is better than many calls. Every edit answers "
        "the "
        "new revision and can be undone with voxel_history. Projects are kept "
        "by the daemon; voxel_export writes files.";

const struct gox_mcp_registry gox_mcp_voxel = {
        .name = "goxel-mcp",
        .title = "Goxel",
        .version = GOX_VERSION,
        .description = "Voxel modelling: build, look, check, export",
        .instructions = INSTRUCTIONS,
        .tools = gox__vox_tools,
        .resources = gox__vox_resources,
        .prompts = gox__vox_prompts,
        .list_resources = gox__vox_list_resources,
        .read = gox__vox_read_resource,
        .complete = gox__vox_complete,
        .watch = gox__vox_watch,
        .extensions = "\"io.modelcontextprotocol/ui\":{\"mimeTypes\":["
                      "\"text/html;profile=mcp-app\"]},",
};
