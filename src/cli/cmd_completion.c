/* SPDX-License-Identifier: Apache-2.0
 * goxelctl completion, and the hidden dump-man: texts made from the table for
 * shells and for the manual. */
#include "cli/commands.h"

static int run_completion(struct gox_cli *cli)
{
    struct gox_buf out;

    gox_buf_init(&out, 0);
    if (gox_cli_put_completion(&out, cli->args[0]) == 0)
        return gox_cli_flush(cli, &out);
    gox_buf_fini(&out);
    return gox_cli_usage(cli, "the shell is one of: bash zsh fish; not \"%s\"",
            cli->args[0]);
}

static int run_dump_man(struct gox_cli *cli)
{
    struct gox_buf out;

    gox_buf_init(&out, 0);
    gox_cli_put_man(&out);
    return gox_cli_flush(cli, &out);
}

const struct gox_cli_command gox_cli_cmd_completion = {
        .name = "completion",
        .synopsis = "bash|zsh|fish",
        .arguments = "bash zsh fish",
        .summary = "print the completions for a shell",
        .details = "Prints a script that completes commands, options, values "
                   "and method names of goxelctl. A package installs it; else "
                   "load it from the shell's start file.",
        .examples = "# in ~/.bashrc\n"
                    "source <(goxelctl completion bash)\n"
                    "# in ~/.zshrc, after compinit\n"
                    "source <(goxelctl completion zsh)\n"
                    "goxelctl completion fish "
                    ">~/.config/fish/completions/goxelctl.fish",
        .min_args = 1,
        .max_args = 1,
        .run = run_completion,
};

const struct gox_cli_command gox_cli_cmd_dump_man = {
        .name = "dump-man",
        .synopsis = "",
        .summary = "print the manual page",
        .details = "Prints goxelctl(1) in mdoc, for the build.",
        .flags = GOX_CLI_HIDDEN,
        .run = run_dump_man,
};
