/* SPDX-License-Identifier: Apache-2.0
 * Completion scripts for bash, zsh and fish, made from the table.
 *
 * Method names are asked of the daemon when they are completed; when there is
 * none the list is empty and the shell stays quiet. */
#include "cli/cli.h"

#include <string.h>

#define LIST_METHODS                                                           \
    "goxelctl methods --timeout 1 2>/dev/null | awk 'NR>1 {print $1}'"

/* Single quotes of the shell; a quote inside ends, escapes and begins anew. */
static void put_quoted(struct gox_buf *out, const char *text)
{
    gox_buf_put_byte(out, '\'');
    for (; *text; text++) {
        if (*text == '\'')
            gox_buf_put_str(out, "'\\''");
        else
            gox_buf_put_byte(out, (uint8_t)*text);
    }
    gox_buf_put_byte(out, '\'');
}

static bool is_shown(const struct gox_cli_command *cmd)
{
    return !(cmd->flags & GOX_CLI_HIDDEN);
}

static void put_commands(struct gox_buf *out)
{
    bool is_first = true;

    for (size_t i = 0; i < gox_cli_command_count; i++) {
        if (!is_shown(gox_cli_commands[i]))
            continue;
        gox_buf_printf(
                out, "%s%s", is_first ? "" : " ", gox_cli_commands[i]->name);
        is_first = false;
    }
}

/* ---- bash ---- */

static void put_bash_name(void *ctx, const struct gox_cli_option *option)
{
    struct gox_buf *out = ctx;

    gox_buf_printf(out, " --%s", option->name);
    if (option->letter)
        gox_buf_printf(out, " -%c", option->letter);
}

static void put_bash_words(struct gox_buf *out, const char *kind)
{
    if (!kind)
        gox_buf_put_str(out, ":");
    else if (strcmp(kind, GOX_CLI_FILE) == 0)
        gox_buf_put_str(out, "_goxelctl_files -f");
    else if (strcmp(kind, GOX_CLI_DIR) == 0)
        gox_buf_put_str(out, "_goxelctl_files -d");
    else if (strcmp(kind, GOX_CLI_METHOD) == 0)
        gox_buf_put_str(out, "_goxelctl_words \"$(" LIST_METHODS ")\"");
    else
        gox_buf_printf(out, "_goxelctl_words '%s'", kind);
}

/* What a callback over options is given. */
struct row {
    struct gox_buf *out;
    const char *command;
};

static void put_bash_value(void *ctx, const struct gox_cli_option *option)
{
    const struct row *row = ctx;

    if (!option->value)
        return;
    gox_buf_printf(row->out, "    %s,--%s", row->command, option->name);
    if (option->letter)
        gox_buf_printf(row->out, "|%s,-%c", row->command, option->letter);
    gox_buf_put_str(row->out, ") ");
    put_bash_words(row->out, option->values);
    gox_buf_put_str(row->out, "; return;;\n");
}

static void put_bash(struct gox_buf *out)
{
    gox_buf_put_str(out,
            "# bash completion of goxelctl, made by goxelctl completion bash\n"
            "_goxelctl_files() {\n"
            "    compopt -o filenames 2>/dev/null\n"
            "    mapfile -t COMPREPLY < <(compgen \"$1\" -- \"$cur\")\n}\n"
            "_goxelctl_words() {\n"
            "    mapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$cur\")\n}\n"
            "_goxelctl() {\n"
            "    local cur=${COMP_WORDS[COMP_CWORD]} "
            "prev=${COMP_WORDS[COMP_CWORD-1]}\n"
            "    local cmd='' i\n"
            "    COMPREPLY=()\n"
            "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
            "        [[ ${COMP_WORDS[i]} != -* ]] && { cmd=${COMP_WORDS[i]}; "
            "break; }\n"
            "    done\n"
            "    case \"$cmd,$prev\" in\n");
    for (size_t i = 0; i < gox_cli_command_count; i++) {
        struct row row = {out, gox_cli_commands[i]->name};
        if (is_shown(gox_cli_commands[i]))
            gox_cli_each_option(gox_cli_commands[i], put_bash_value, &row);
    }
    gox_buf_put_str(out, "    esac\n    case \"$cmd\" in\n    '') "
                         "_goxelctl_words '");
    put_commands(out);
    gox_buf_put_str(out, " --help --version';;\n");
    for (size_t i = 0; i < gox_cli_command_count; i++) {
        const struct gox_cli_command *cmd = gox_cli_commands[i];
        if (!is_shown(cmd))
            continue;
        gox_buf_printf(out,
                "    %s) if [[ $cur == -* ]]; then _goxelctl_words '",
                cmd->name);
        gox_cli_each_option(cmd, put_bash_name, out);
        gox_buf_put_str(out, "'; else ");
        put_bash_words(out, cmd->arguments);
        gox_buf_put_str(out, "; fi;;\n");
    }
    gox_buf_put_str(out, "    esac\n}\ncomplete -F _goxelctl goxelctl\n");
}

/* ---- zsh ---- */

/* Brackets and colons have a meaning in an _arguments specification. */
static void put_zsh_text(struct gox_buf *out, const char *text)
{
    for (; *text; text++) {
        if (strchr("[]:\\", *text))
            gox_buf_put_byte(out, '\\');
        if (*text == '\'')
            gox_buf_put_str(out, "'\\''");
        else
            gox_buf_put_byte(out, (uint8_t)*text);
    }
}

static void put_zsh_action(struct gox_buf *out, const char *kind)
{
    if (!kind)
        gox_buf_put_str(out, " ");
    else if (strcmp(kind, GOX_CLI_FILE) == 0)
        gox_buf_put_str(out, "_files");
    else if (strcmp(kind, GOX_CLI_DIR) == 0)
        gox_buf_put_str(out, "_files -/");
    else if (strcmp(kind, GOX_CLI_METHOD) == 0)
        gox_buf_put_str(out, "_goxelctl_methods");
    else
        gox_buf_printf(out, "(%s)", kind);
}

static void put_zsh_one(struct gox_buf *out,
        const struct gox_cli_option *option, const char *dashes,
        const char *name, size_t name_len)
{
    gox_buf_printf(
            out, " \\\n            '%s%.*s[", dashes, (int)name_len, name);
    put_zsh_text(out, option->help);
    gox_buf_put_byte(out, ']');
    if (option->value) {
        gox_buf_put_byte(out, ':');
        put_zsh_text(out, option->value);
        gox_buf_put_byte(out, ':');
        put_zsh_action(out, option->values);
    }
    gox_buf_put_byte(out, '\'');
}

static void put_zsh_option(void *ctx, const struct gox_cli_option *option)
{
    put_zsh_one(ctx, option, "--", option->name, strlen(option->name));
    if (option->letter)
        put_zsh_one(ctx, option, "-", &option->letter, 1);
}

static void put_zsh(struct gox_buf *out)
{
    gox_buf_put_str(out,
            "#compdef goxelctl\n"
            "# zsh completion of goxelctl, made by goxelctl completion zsh\n"
            "_goxelctl_methods() {\n"
            "    local -a methods\n"
            "    methods=(${(f)\"$(" LIST_METHODS ")\"})\n"
            "    compadd -a methods\n}\n"
            "_goxelctl() {\n"
            "    local -a commands\n    commands=(\n");
    for (size_t i = 0; i < gox_cli_command_count; i++) {
        if (!is_shown(gox_cli_commands[i]))
            continue;
        gox_buf_printf(out, "        '%s:", gox_cli_commands[i]->name);
        put_zsh_text(out, gox_cli_commands[i]->summary);
        gox_buf_put_str(out, "'\n");
    }
    gox_buf_put_str(out,
            "    )\n"
            "    if (( CURRENT == 2 )); then\n"
            "        _describe command commands\n        return\n    fi\n"
            "    local command=$words[2]\n"
            "    shift words\n    (( CURRENT-- ))\n"
            "    case $command in\n");
    for (size_t i = 0; i < gox_cli_command_count; i++) {
        const struct gox_cli_command *cmd = gox_cli_commands[i];
        if (!is_shown(cmd))
            continue;
        gox_buf_printf(out, "    %s)\n        _arguments", cmd->name);
        gox_cli_each_option(cmd, put_zsh_option, out);
        gox_buf_put_str(out, " \\\n            '*:argument:");
        put_zsh_action(out, cmd->arguments);
        gox_buf_put_str(out, "';;\n");
    }
    gox_buf_put_str(out,
            "    esac\n}\n"
            "if [[ $funcstack[1] == _goxelctl ]]; then\n    _goxelctl \"$@\"\n"
            "else\n    compdef _goxelctl goxelctl\nfi\n");
}

/* ---- fish ---- */

static void put_fish_action(struct gox_buf *out, const char *kind)
{
    if (kind && strcmp(kind, GOX_CLI_FILE) == 0)
        gox_buf_put_str(out, " -F");
    else if (kind && strcmp(kind, GOX_CLI_DIR) == 0)
        gox_buf_put_str(out, " -a '(__fish_complete_directories)'");
    else if (kind && strcmp(kind, GOX_CLI_METHOD) == 0)
        gox_buf_put_str(out, " -a '(__goxelctl_methods)'");
    else if (kind)
        gox_buf_printf(out, " -a '%s'", kind);
}

static void put_fish_option(void *ctx, const struct gox_cli_option *option)
{
    const struct row *row = ctx;

    gox_buf_printf(row->out,
            "complete -c goxelctl -n '__fish_seen_subcommand_from %s' -l %s",
            row->command, option->name);
    if (option->letter)
        gox_buf_printf(row->out, " -s %c", option->letter);
    if (option->value) {
        gox_buf_put_str(row->out, " -r");
        put_fish_action(row->out, option->values);
    }
    gox_buf_put_str(row->out, " -d ");
    put_quoted(row->out, option->help);
    gox_buf_put_byte(row->out, '\n');
}

static void put_fish(struct gox_buf *out)
{
    gox_buf_put_str(out,
            "# fish completion of goxelctl, made by goxelctl completion fish\n"
            "function __goxelctl_methods\n    " LIST_METHODS "\nend\n"
            "complete -c goxelctl -f\n");
    for (size_t i = 0; i < gox_cli_command_count; i++) {
        const struct gox_cli_command *cmd = gox_cli_commands[i];
        struct row row = {out, cmd->name};
        if (!is_shown(cmd))
            continue;
        gox_buf_printf(out,
                "complete -c goxelctl -n __fish_use_subcommand -a %s -d ",
                cmd->name);
        put_quoted(out, cmd->summary);
        gox_buf_put_byte(out, '\n');
        if (cmd->arguments) {
            gox_buf_printf(out,
                    "complete -c goxelctl -n '__fish_seen_subcommand_from %s'",
                    cmd->name);
            put_fish_action(out, cmd->arguments);
            gox_buf_put_byte(out, '\n');
        }
        gox_cli_each_option(cmd, put_fish_option, &row);
    }
}

int gox_cli_put_completion(struct gox_buf *out, const char *shell)
{
    static const struct {
        const char *shell;
        void (*put)(struct gox_buf *out);
    } rows[] = {{"bash", put_bash}, {"zsh", put_zsh}, {"fish", put_fish}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (strcmp(rows[i].shell, shell) == 0) {
            rows[i].put(out);
            return 0;
        }
    }
    return -1;
}
