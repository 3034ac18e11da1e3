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
    up,--instance|up,-i) :; return;;
    up,--config|up,-c) _goxelctl_files -f; return;;
    up,--daemon|up,-d) _goxelctl_files -f; return;;
    up,--manager|up,-m) _goxelctl_files -f; return;;
    up,--socket|up,-s) _goxelctl_files -f; return;;
    up,--timeout) :; return;;
    down,--socket|down,-s) _goxelctl_files -f; return;;
    down,--timeout) :; return;;
    status,--instance|status,-i) :; return;;
    status,--socket|status,-s) _goxelctl_files -f; return;;
    status,--timeout) :; return;;
    health,--instance|health,-i) :; return;;
    health,--socket|health,-s) _goxelctl_files -f; return;;
    health,--timeout) :; return;;
    top,--instance|top,-i) :; return;;
    top,--interval|top,-d) :; return;;
    top,--socket|top,-s) _goxelctl_files -f; return;;
    top,--timeout) :; return;;
    events,--instance|events,-i) :; return;;
    events,--last|events,-n) :; return;;
    events,--after) :; return;;
    events,--types|events,-t) :; return;;
    events,--socket|events,-s) _goxelctl_files -f; return;;
    events,--timeout) :; return;;
    logs,--instance|logs,-i) :; return;;
    logs,--lines|logs,-n) :; return;;
    logs,--socket|logs,-s) _goxelctl_files -f; return;;
    logs,--timeout) :; return;;
    start,--instance|start,-i) :; return;;
    start,--socket|start,-s) _goxelctl_files -f; return;;
    start,--timeout) :; return;;
    stop,--instance|stop,-i) :; return;;
    stop,--socket|stop,-s) _goxelctl_files -f; return;;
    stop,--timeout) :; return;;
    restart,--instance|restart,-i) :; return;;
    restart,--socket|restart,-s) _goxelctl_files -f; return;;
    restart,--timeout) :; return;;
    reload,--instance|reload,-i) :; return;;
    reload,--socket|reload,-s) _goxelctl_files -f; return;;
    reload,--timeout) :; return;;
    upgrade,--instance|upgrade,-i) :; return;;
    upgrade,--socket|upgrade,-s) _goxelctl_files -f; return;;
    upgrade,--timeout) :; return;;
    reset,--instance|reset,-i) :; return;;
    reset,--socket|reset,-s) _goxelctl_files -f; return;;
    reset,--timeout) :; return;;
    metrics,--instance|metrics,-i) :; return;;
    metrics,--socket|metrics,-s) _goxelctl_files -f; return;;
    metrics,--timeout) :; return;;
    doctor,--socket|doctor,-s) _goxelctl_files -f; return;;
    doctor,--timeout) :; return;;
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
    '') _goxelctl_words 'convert info render formats call shell methods help store config up down status health top events logs start stop restart reload upgrade reset metrics doctor ping token mcp version completion --help --version';;
    convert) if [[ $cur == -* ]]; then _goxelctl_words ' --to -t --out-dir -o --faces --up --scale --pivot --size --force -f --no-clobber -n --jobs -j --job-timeout --verbose -v --json --help -h'; else _goxelctl_files -f; fi;;
    info) if [[ $cur == -* ]]; then _goxelctl_words ' --json --help -h'; else _goxelctl_files -f; fi;;
    render) if [[ $cur == -* ]]; then _goxelctl_words ' --output -o --size --views --background --transparent --samples --no-shadows --no-ao --edges --ortho --force -f --json --help -h'; else _goxelctl_files -f; fi;;
    formats) if [[ $cur == -* ]]; then _goxelctl_words ' --json --socket -s --stdio --timeout --help -h'; else :; fi;;
    call) if [[ $cur == -* ]]; then _goxelctl_words ' --json --socket -s --stdio --timeout --help -h'; else _goxelctl_words "$(goxelctl methods --timeout 1 2>/dev/null | awk 'NR>1 {print $1}')"; fi;;
    shell) if [[ $cur == -* ]]; then _goxelctl_words ' --json --socket -s --stdio --timeout --help -h'; else :; fi;;
    methods) if [[ $cur == -* ]]; then _goxelctl_words ' --json --socket -s --stdio --timeout --help -h'; else :; fi;;
    help) if [[ $cur == -* ]]; then _goxelctl_words ' --json --socket -s --stdio --timeout --help -h'; else _goxelctl_words "$(goxelctl methods --timeout 1 2>/dev/null | awk 'NR>1 {print $1}')"; fi;;
    store) if [[ $cur == -* ]]; then _goxelctl_words ' --data-dir -d --history-mb --overwrite --json --socket -s --timeout --help -h'; else _goxelctl_words 'list check compact backup restore export trash undelete'; fi;;
    config) if [[ $cur == -* ]]; then _goxelctl_words ' --file -f --changed -c --json --socket -s --timeout --help -h'; else _goxelctl_words 'show check diff set unset schema sample'; fi;;
    up) if [[ $cur == -* ]]; then _goxelctl_words ' --instance -i --config -c --daemon -d --manager -m --json --socket -s --timeout --help -h'; else :; fi;;
    down) if [[ $cur == -* ]]; then _goxelctl_words ' --leave -l --json --socket -s --timeout --help -h'; else :; fi;;
    status) if [[ $cur == -* ]]; then _goxelctl_words ' --instance -i --json --socket -s --stdio --timeout --help -h'; else :; fi;;
    health) if [[ $cur == -* ]]; then _goxelctl_words ' --instance -i --last -l --json --socket -s --timeout --help -h'; else :; fi;;
    top) if [[ $cur == -* ]]; then _goxelctl_words ' --instance -i --interval -d --once -1 --json --socket -s --timeout --help -h'; else :; fi;;
    events) if [[ $cur == -* ]]; then _goxelctl_words ' --instance -i --follow -f --last -n --after --types -t --json --socket -s --timeout --help -h'; else :; fi;;
    logs) if [[ $cur == -* ]]; then _goxelctl_words ' --instance -i --follow -f --lines -n --errors -e --json --socket -s --timeout --help -h'; else :; fi;;
    start) if [[ $cur == -* ]]; then _goxelctl_words ' --instance -i --no-wait -n --json --socket -s --timeout --help -h'; else :; fi;;
    stop) if [[ $cur == -* ]]; then _goxelctl_words ' --instance -i --no-wait -n --json --socket -s --timeout --help -h'; else :; fi;;
    restart) if [[ $cur == -* ]]; then _goxelctl_words ' --instance -i --no-wait -n --json --socket -s --timeout --help -h'; else :; fi;;
    reload) if [[ $cur == -* ]]; then _goxelctl_words ' --instance -i --json --socket -s --timeout --help -h'; else :; fi;;
    upgrade) if [[ $cur == -* ]]; then _goxelctl_words ' --instance -i --no-wait -n --manager -m --json --socket -s --timeout --help -h'; else _goxelctl_files -f; fi;;
    reset) if [[ $cur == -* ]]; then _goxelctl_words ' --instance -i --json --socket -s --timeout --help -h'; else :; fi;;
    metrics) if [[ $cur == -* ]]; then _goxelctl_words ' --instance -i --json --socket -s --timeout --help -h'; else :; fi;;
    doctor) if [[ $cur == -* ]]; then _goxelctl_words ' --json --socket -s --timeout --help -h'; else :; fi;;
    ping) if [[ $cur == -* ]]; then _goxelctl_words ' --json --socket -s --stdio --timeout --help -h'; else :; fi;;
    token) if [[ $cur == -* ]]; then _goxelctl_words ' --file -f --scopes -s --expires -e --name -n --json --help -h'; else _goxelctl_words 'new list revoke'; fi;;
    mcp) if [[ $cur == -* ]]; then _goxelctl_words ' --client -c --file --project -p --dry-run -n --json --socket -s --timeout --help -h'; else _goxelctl_words 'install clients'; fi;;
    version) if [[ $cur == -* ]]; then _goxelctl_words ' --json --help -h'; else :; fi;;
    completion) if [[ $cur == -* ]]; then _goxelctl_words ' --json --help -h'; else _goxelctl_words 'bash zsh fish'; fi;;
    esac
}
complete -F _goxelctl goxelctl
