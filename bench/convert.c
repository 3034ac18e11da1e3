/* SPDX-License-Identifier: Apache-2.0
 * Whole conversions from the command line against the real editor, on a large
 * terrain of the corpus. */
#include "bench.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

static void one(struct bench *b, const char *model, const char *extension,
        double bar_ms, bool has_rival)
{
    char ctl[512], in[512], out[512], rival_out[512], name[64];
    snprintf(ctl, sizeof ctl, "%s/goxelctl", b->bin_dir);
    snprintf(in, sizeof in, "%s/%s", b->corpus_dir, model);
    snprintf(out, sizeof out, "%s/c.%s", b->dir, extension);
    snprintf(rival_out, sizeof rival_out, "%s/r.%s", b->dir, extension);
    const char *argv[] = {ctl, "convert", "--force", in, out, NULL};
    double ms = bench_run_median(argv, 7);
    double rival = NAN;
    if (has_rival) {
        const char *theirs[] = {
                "xvfb-run", "-a", "goxel", "-e", rival_out, in, NULL};
        rival = bench_run(theirs, NULL);
    }
    snprintf(name, sizeof name, "terrain384.gox to %s, whole process",
            extension);
    if (ms < 0) {
        fprintf(stderr, "goxel-bench: goxelctl convert %s failed\n", in);
        b->failed_count++;
        return;
    }
    bench_row(
            b, name, ms, "ms", bar_ms, "goxel editor", rival < 0 ? NAN : rival);
}

void bench_convert(struct bench *b)
{
    char path[512];
    snprintf(path, sizeof path, "%s/synth_gox/terrain384.gox",
            b->corpus_dir != NULL ? b->corpus_dir : "");
    if (b->corpus_dir == NULL || access(path, R_OK) != 0) {
        bench_note("conversions skipped: no corpus (set GOX_CORPUS)");
        return;
    }
    bool has_rival = bench_has("goxel") && bench_has("xvfb-run");
    one(b, "synth_gox/terrain384.gox", "txt", 150, has_rival);
    one(b, "synth_gox/terrain384.gox", "obj", 400, has_rival);
    one(b, "synth_gox/terrain384.gox", "ply", 400, has_rival);
    one(b, "synth_gox/terrain384.gox", "gltf", 500, has_rival);
}
