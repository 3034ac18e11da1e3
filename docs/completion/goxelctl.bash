# bash completion of goxelctl, made by goxelctl completion bash
_goxelctl_files() {
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen "$1" -- "$cur")
}
_goxelctl_words() {
    mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur")
}
_goxelctl() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
    local cmd='' i
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        [[ ${COMP_WORDS[i]} != -* ]] && { cmd=${COMP_WORDS[i]}; break; }
    done
    case "$cmd,$prev" in
    convert,--to|convert,-t) :; return;;
    convert,--out-dir|convert,-o) _goxelctl_files -d; return;;
    convert,--faces) _goxelctl_words 'merged raw'; return;;
    convert,--up) _goxelctl_words 'y z y-up z-up'; return;;
    convert,--scale) :; return;;
    convert,--pivot) _goxelctl_words 'origin center bottom'; return;;
    convert,--size) :; return;;
    convert,--jobs|convert,-j) :; return;;
    convert,--job-timeout) :; return;;
    render,--output|render,-o) _goxelctl_files -f; return;;
    render,--size) :; return;;
    render,--views) :; return;;
    render,--background) :; return;;
    render,--samples) _goxelctl_words '1 2 3 4'; return;;
    formats,--socket|formats,-s) _goxelctl_files -f; return;;
    formats,--timeout) :; return;;
    call,--socket|call,-s) _goxelctl_files -f; return;;
    call,--timeout) :; return;;
    shell,--socket|shell,-s) _goxelctl_files -f; return;;
    shell,--timeout) :; return;;
    methods,--socket|methods,-s) _goxelctl_files -f; return;;
    methods,--timeout) :; return;;
    help,--socket|help,-s) _goxelctl_files -f; return;;
    help,--timeout) :; return;;
    store,--data-dir|store,-d) _goxelctl_files -d; return;;
    store,--history-mb) :; return;;
    store,--socket|store,-s) _goxelctl_files -f; return;;
    store,--timeout) :; return;;
    config,--file|config,-f) _goxelctl_files -f; return;;
    config,--socket|config,-s) _goxelctl_files -f; return;;
    config,--timeout) :; return;;
    status,--socket|status,-s) _goxelctl_files -f; return;;
    status,--timeout) :; return;;
    ping,--socket|ping,-s) _goxelctl_files -f; return;;
    ping,--timeout) :; return;;
    token,--file|token,-f) _goxelctl_files -f; return;;
    token,--scopes|token,-s) :; return;;
    token,--expires|token,-e) :; return;;
    token,--name|token,-n) :; return;;
    mcp,--client|mcp,-c) _goxelctl_words 'claude-desktop claude-code cursor vscode windsurf gemini'; return;;
    mcp,--file) _goxelctl_files -f; return;;
    mcp,--socket|mcp,-s) _goxelctl_files -f; return;;
    mcp,--timeout) :; return;;
    esac
    case "$cmd" in
    '') _goxelctl_words 'convert info render formats call shell methods help store config status ping token mcp version completion --help --version';;
    convert) if [[ $cur == -* ]]; then _goxelctl_words ' --to -t --out-dir -o --faces --up --scale --pivot --size --force -f --no-clobber -n --jobs -j --job-timeout --verbose -v --json --help -h'; else _goxelctl_files -f; fi;;
    info) if [[ $cur == -* ]]; then _goxelctl_words ' --json --help -h'; else _goxelctl_files -f; fi;;
    render) if [[ $cur == -* ]]; then _goxelctl_words ' --output -o --size --views --background --transparent --samples --no-shadows --no-ao --edges --ortho --force -f --json --help -h'; else _goxelctl_files -f; fi;;
    formats) if [[ $cur == -* ]]; then _goxelctl_words ' --json --socket -s --stdio --timeout --help -h'; else :; fi;;
    call) if [[ $cur == -* ]]; then _goxelctl_words ' --json --socket -s --stdio --timeout --help -h'; else _goxelctl_words "$(goxelctl methods --timeout 1 2>/dev/null | awk 'NR>1 {print $1}')"; fi;;
    shell) if [[ $cur == -* ]]; then _goxelctl_words ' --json --socket -s --stdio --timeout --help -h'; else :; fi;;
    methods) if [[ $cur == -* ]]; then _goxelctl_words ' --json --socket -s --stdio --timeout --help -h'; else :; fi;;
    help) if [[ $cur == -* ]]; then _goxelctl_words ' --json --socket -s --stdio --timeout --help -h'; else _goxelctl_words "$(goxelctl methods --timeout 1 2>/dev/null | awk 'NR>1 {print $1}')"; fi;;
    store) if [[ $cur == -* ]]; then _goxelctl_words ' --data-dir -d --history-mb --overwrite --json --socket -s --timeout --help -h'; else _goxelctl_words 'list check compact backup restore export trash undelete'; fi;;
    config) if [[ $cur == -* ]]; then _goxelctl_words ' --file -f --changed -c --json --socket -s --timeout --help -h'; else _goxelctl_words 'show check diff set schema sample'; fi;;
    status) if [[ $cur == -* ]]; then _goxelctl_words ' --json --socket -s --stdio --timeout --help -h'; else :; fi;;
    ping) if [[ $cur == -* ]]; then _goxelctl_words ' --json --socket -s --stdio --timeout --help -h'; else :; fi;;
    token) if [[ $cur == -* ]]; then _goxelctl_words ' --file -f --scopes -s --expires -e --name -n --json --help -h'; else _goxelctl_words 'new list revoke'; fi;;
    mcp) if [[ $cur == -* ]]; then _goxelctl_words ' --client -c --file --project -p --dry-run -n --json --socket -s --timeout --help -h'; else _goxelctl_words 'install clients'; fi;;
    version) if [[ $cur == -* ]]; then _goxelctl_words ' --json --help -h'; else :; fi;;
    completion) if [[ $cur == -* ]]; then _goxelctl_words ' --json --help -h'; else _goxelctl_words 'bash zsh fish'; fi;;
    esac
}
complete -F _goxelctl goxelctl
