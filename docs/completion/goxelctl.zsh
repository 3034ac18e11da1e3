#compdef goxelctl
# zsh completion of goxelctl, made by goxelctl completion zsh
_goxelctl_methods() {
    local -a methods
    methods=(${(f)"$(goxelctl methods --timeout 1 2>/dev/null | awk 'NR>1 {print $1}')"})
    compadd -a methods
}
_goxelctl() {
    local -a commands
    commands=(
        'convert:convert models between file formats'
        'info:tell what is in a model file'
        'render:draw pictures of models'
        'formats:list the file formats that can be read and written'
        'call:call any method of the daemon'
        'shell:call methods one after the other, with completion'
        'methods:list the methods of the API'
        'help:explain a method of the API, or a command'
        'store:look after the files of projects'
        'config:show, check and change settings'
        'up:start manager and daemon, as far as they do not run'
        'down:stop the daemon and end the manager'
        'status:show how the daemon is'
        'health:check the daemon now, in all stages'
        'top:watch load, latency, memory, restarts and events'
        'events:show what happened to the daemon'
        'logs:show what the daemon wrote'
        'start:let the manager start the daemon'
        'stop:let the manager stop the daemon'
        'restart:stop the daemon and start it again'
        'reload:let the daemon read its settings again'
        'upgrade:change to another program, refusing no client'
        'reset:forget failures, and try again'
        'metrics:print figures as Prometheus text'
        'doctor:find out what is wrong, and what to do'
        'ping:check that the daemon answers'
        'token:make, list and revoke access tokens'
        'mcp:set up AI clients to build with goxel-mcp'
        'version:show the version of goxelctl'
        'completion:print the completions for a shell'
    )
    if (( CURRENT == 2 )); then
        _describe command commands
        return
    fi
    local command=$words[2]
    shift words
    (( CURRENT-- ))
    case $command in
    convert)
        _arguments \
            '--to[the format to write; without it the extension of OUT says it]:FORMAT: ' \
            '-t[the format to write; without it the extension of OUT says it]:FORMAT: ' \
            '--out-dir[where the outputs go, made if it is not there (default\: beside each input)]:DIR:_files -/' \
            '-o[where the outputs go, made if it is not there (default\: beside each input)]:DIR:_files -/' \
            '--faces[meshes\: merged joins equal neighbours into large faces (default), raw writes one face for each side of a voxel]:KIND:(merged raw)' \
            '--up[meshes\: which axis points up (default\: what is usual for the format)]:AXIS:(y z y-up z-up)' \
            '--scale[meshes\: length of a voxel'\''s side (default 1)]:NUMBER: ' \
            '--pivot[meshes\: what becomes the point 0,0,0 (default origin)]:PLACE:(origin center bottom)' \
            '--size[reading a mesh\: voxels along its longest side (default 64)]:VOXELS: ' \
            '--force[replace outputs that are there]' \
            '-f[replace outputs that are there]' \
            '--no-clobber[leave outputs that are there as they are, without an error]' \
            '-n[leave outputs that are there as they are, without an error]' \
            '--jobs[convert N files at a time (default\: one per core)]:N: ' \
            '-j[convert N files at a time (default\: one per core)]:N: ' \
            '--job-timeout[give a file up after this time (default\: never)]:SECONDS: ' \
            '--verbose[one line for each file]' \
            '-v[one line for each file]' \
            '--json[print one line of JSON, for programs]' \
            '--help[show this help]' \
            '-h[show this help]' \
            '*:argument:_files';;
    info)
        _arguments \
            '--json[print one line of JSON, for programs]' \
            '--help[show this help]' \
            '-h[show this help]' \
            '*:argument:_files';;
    render)
        _arguments \
            '--output[the picture, or a directory for pictures (default\: FILE.png in the current directory)]:PNG:_files' \
            '-o[the picture, or a directory for pictures (default\: FILE.png in the current directory)]:PNG:_files' \
            '--size[width and height in pixels (default 512x512)]:WxH: ' \
            '--views[one or more, with commas, of front back left right top bottom isometric, or all; several make one sheet (default isometric)]:VIEWS: ' \
            '--background[colour behind the model\: #RRGGBB or a CSS name]:COLOR: ' \
            '--transparent[no background]' \
            '--samples[smoothness\: rays along each side of a pixel (default 2)]:N:(1 2 3 4)' \
            '--no-shadows[no cast shadows]' \
            '--no-ao[no darkening in corners (ambient occlusion)]' \
            '--edges[draw the edges of voxels]' \
            '--ortho[parallel projection, no perspective]' \
            '--force[replace pictures that are there]' \
            '-f[replace pictures that are there]' \
            '--json[print one line of JSON, for programs]' \
            '--help[show this help]' \
            '-h[show this help]' \
            '*:argument:_files';;
    formats)
        _arguments \
            '--json[print one line of JSON, for programs]' \
            '--socket[the daemon'\''s socket (default\: $GOXEL_SOCKET_PATH, else the usual place)]:PATH:_files' \
            '-s[the daemon'\''s socket (default\: $GOXEL_SOCKET_PATH, else the usual place)]:PATH:_files' \
            '--stdio[ask a private daemon, started for this command, not the one on the socket]' \
            '--timeout[give up after this time (default 300; 0\: never)]:SECONDS: ' \
            '--help[show this help]' \
            '-h[show this help]' \
            '*:argument: ';;
    call)
        _arguments \
            '--json[print one line of JSON, for programs]' \
            '--socket[the daemon'\''s socket (default\: $GOXEL_SOCKET_PATH, else the usual place)]:PATH:_files' \
            '-s[the daemon'\''s socket (default\: $GOXEL_SOCKET_PATH, else the usual place)]:PATH:_files' \
            '--stdio[ask a private daemon, started for this command, not the one on the socket]' \
            '--timeout[give up after this time (default 300; 0\: never)]:SECONDS: ' \
            '--help[show this help]' \
            '-h[show this help]' \
            '*:argument:_goxelctl_methods';;
    shell)
        _arguments \
            '--json[print one line of JSON, for programs]' \
            '--socket[the daemon'\''s socket (default\: $GOXEL_SOCKET_PATH, else the usual place)]:PATH:_files' \
            '-s[the daemon'\''s socket (default\: $GOXEL_SOCKET_PATH, else the usual place)]:PATH:_files' \
            '--stdio[ask a private daemon, started for this command, not the one on the socket]' \
            '--timeout[give up after this time (default 300; 0\: never)]:SECONDS: ' \
            '--help[show this help]' \
            '-h[show this help]' \
            '*:argument: ';;
    methods)
        _arguments \
            '--json[print one line of JSON, for programs]' \
            '--socket[the daemon'\''s socket (default\: $GOXEL_SOCKET_PATH, else the usual place)]:PATH:_files' \
            '-s[the daemon'\''s socket (default\: $GOXEL_SOCKET_PATH, else the usual place)]:PATH:_files' \
            '--stdio[ask a private daemon, started for this command, not the one on the socket]' \
            '--timeout[give up after this time (default 300; 0\: never)]:SECONDS: ' \
            '--help[show this help]' \
            '-h[show this help]' \
            '*:argument: ';;
    help)
        _arguments \
            '--json[print one line of JSON, for programs]' \
            '--socket[the daemon'\''s socket (default\: $GOXEL_SOCKET_PATH, else the usual place)]:PATH:_files' \
            '-s[the daemon'\''s socket (default\: $GOXEL_SOCKET_PATH, else the usual place)]:PATH:_files' \
            '--stdio[ask a private daemon, started for this command, not the one on the socket]' \
            '--timeout[give up after this time (default 300; 0\: never)]:SECONDS: ' \
            '--help[show this help]' \
            '-h[show this help]' \
            '*:argument:_goxelctl_methods';;
    store)
        _arguments \
            '--data-dir[work on this data directory, which no daemon has open]:DIR:_files -/' \
            '-d[work on this data directory, which no daemon has open]:DIR:_files -/' \
            '--history-mb[compact\: how much undo history to keep; default\: none]:MIB: ' \
            '--overwrite[restore\: a project of that name goes to the trash first]' \
            '--json[print one line of JSON, for programs]' \
            '--socket[the daemon'\''s socket (default\: $GOXEL_SOCKET_PATH, else the usual place)]:PATH:_files' \
            '-s[the daemon'\''s socket (default\: $GOXEL_SOCKET_PATH, else the usual place)]:PATH:_files' \
            '--timeout[give up after this time (default 300; 0\: never)]:SECONDS: ' \
            '--help[show this help]' \
            '-h[show this help]' \
            '*:argument:(list check compact backup restore export trash undelete)';;
    config)
        _arguments \
            '--file[the file of settings; default\: the one that the daemon reads]:FILE:_files' \
            '-f[the file of settings; default\: the one that the daemon reads]:FILE:_files' \
            '--changed[show\: only what is not the default]' \
            '-c[show\: only what is not the default]' \
            '--json[print one line of JSON, for programs]' \
            '--socket[the daemon'\''s socket (default\: $GOXEL_SOCKET_PATH, else the usual place)]:PATH:_files' \
            '-s[the daemon'\''s socket (default\: $GOXEL_SOCKET_PATH, else the usual place)]:PATH:_files' \
            '--timeout[give up after this time (default 300; 0\: never)]:SECONDS: ' \
            '--help[show this help]' \
            '-h[show this help]' \
            '*:argument:(show check diff set unset schema sample)';;
    up)
        _arguments \
            '--instance[which daemon of a manager that has several]:NAME: ' \
            '-i[which daemon of a manager that has several]:NAME: ' \
            '--config[settings for the manager and the daemon]:FILE:_files' \
            '-c[settings for the manager and the daemon]:FILE:_files' \
            '--daemon[goxel-daemon (default\: beside the manager, or on PATH)]:BINARY:_files' \
            '-d[goxel-daemon (default\: beside the manager, or on PATH)]:BINARY:_files' \
            '--manager[goxel-manager (default\: $GOXEL_MANAGER_BINARY, beside the daemon or goxelctl, or on PATH)]:BINARY:_files' \
            '-m[goxel-manager (default\: $GOXEL_MANAGER_BINARY, beside the daemon or goxelctl, or on PATH)]:BINARY:_files' \
            '--json[print one line of JSON, for programs]' \
            '--socket[the daemon'\''s socket (default\: $GOXEL_SOCKET_PATH, else the usual place)]:PATH:_files' \
            '-s[the daemon'\''s socket (default\: $GOXEL_SOCKET_PATH, else the usual place)]:PATH:_files' \
            '--timeout[give up after this time (default 300; 0\: never)]:SECONDS: ' \
            '--help[show this help]' \
            '-h[show this help]' \
            '*:argument: ';;
    down)
        _arguments \
            '--leave[end the manager only; the daemon goes on without one]' \
            '-l[end the manager only; the daemon goes on without one]' \
            '--json[print one line of JSON, for programs]' \
            '--socket[the daemon'\''s socket (default\: $GOXEL_SOCKET_PATH, else the usual place)]:PATH:_files' \
            '-s[the daemon'\''s socket (default\: $GOXEL_SOCKET_PATH, else the usual place)]:PATH:_files' \
            '--timeout[give up after this time (default 300; 0\: never)]:SECONDS: ' \
            '--help[show this help]' \
            '-h[show this help]' \
            '*:argument: ';;
    status)
        _arguments \
            '--instance[which daemon of a manager that has several]:NAME: ' \
            '-i[which daemon of a manager that has several]:NAME: ' \
            '--json[print one line of JSON, for programs]' \
            '--socket[the daemon'\''s socket (default\: $GOXEL_SOCKET_PATH, else the usual place)]:PATH:_files' \
            '-s[the daemon'\''s socket (default\: $GOXEL_SOCKET_PATH, else the usual place)]:PATH:_files' \
            '--stdio[ask a private daemon, started for this command, not the one on the socket]' \
            '--timeout[give up after this time (default 300; 0\: never)]:SECONDS: ' \
            '--help[show this help]' \
            '-h[show this help]' \
            '*:argument: ';;
    health)
        _arguments \
            '--instance[which daemon of a manager that has several]:NAME: ' \
            '-i[which daemon of a manager that has several]:NAME: ' \
            '--last[show the manager'\''s last round instead of making one]' \
            '-l[show the manager'\''s last round instead of making one]' \
            '--json[print one line of JSON, for programs]' \
            '--socket[the daemon'\''s socket (default\: $GOXEL_SOCKET_PATH, else the usual place)]:PATH:_files' \
            '-s[the daemon'\''s socket (default\: $GOXEL_SOCKET_PATH, else the usual place)]:PATH:_files' \
            '--timeout[give up after this time (default 300; 0\: never)]:SECONDS: ' \
            '--help[show this help]' \
            '-h[show this help]' \
            '*:argument: ';;
    top)
        _arguments \
            '--instance[which daemon of a manager that has several]:NAME: ' \
            '-i[which daemon of a manager that has several]:NAME: ' \
            '--interval[between two samples (default 1000; with --once 250)]:MS: ' \
            '-d[between two samples (default 1000; with --once 250)]:MS: ' \
            '--once[print two samples'\'' figures once, for scripts]' \
            '-1[print two samples'\'' figures once, for scripts]' \
            '--json[print one line of JSON, for programs]' \
            '--socket[the daemon'\''s socket (default\: $GOXEL_SOCKET_PATH, else the usual place)]:PATH:_files' \
            '-s[the daemon'\''s socket (default\: $GOXEL_SOCKET_PATH, else the usual place)]:PATH:_files' \
            '--timeout[give up after this time (default 300; 0\: never)]:SECONDS: ' \
            '--help[show this help]' \
            '-h[show this help]' \
            '*:argument: ';;
    events)
        _arguments \
            '--instance[which daemon of a manager that has several]:NAME: ' \
            '-i[which daemon of a manager that has several]:NAME: ' \
            '--follow[go on with what comes]' \
            '-f[go on with what comes]' \
            '--last[the last so many (default 50)]:COUNT: ' \
            '-n[the last so many (default 50)]:COUNT: ' \
            '--after[all stored events above this number instead]:NUMBER: ' \
            '--types[only these events]:NAME,...: ' \
            '-t[only these events]:NAME,...: ' \
            '--json[print one line of JSON, for programs]' \
            '--socket[the daemon'\''s socket (default\: $GOXEL_SOCKET_PATH, else the usual place)]:PATH:_files' \
            '-s[the daemon'\''s socket (default\: $GOXEL_SOCKET_PATH, else the usual place)]:PATH:_files' \
            '--timeout[give up after this time (default 300; 0\: never)]:SECONDS: ' \
            '--help[show this help]' \
            '-h[show this help]' \
            '*:argument: ';;
    logs)
        _arguments \
            '--instance[which daemon of a manager that has several]:NAME: ' \
            '-i[which daemon of a manager that has several]:NAME: ' \
            '--follow[go on with what comes]' \
            '-f[go on with what comes]' \
            '--lines[the last so many lines (default 100)]:COUNT: ' \
            '-n[the last so many lines (default 100)]:COUNT: ' \
            '--errors[only records at level error]' \
            '-e[only records at level error]' \
            '--json[print one line of JSON, for programs]' \
            '--socket[the daemon'\''s socket (default\: $GOXEL_SOCKET_PATH, else the usual place)]:PATH:_files' \
            '-s[the daemon'\''s socket (default\: $GOXEL_SOCKET_PATH, else the usual place)]:PATH:_files' \
            '--timeout[give up after this time (default 300; 0\: never)]:SECONDS: ' \
            '--help[show this help]' \
            '-h[show this help]' \
            '*:argument: ';;
    start)
        _arguments \
            '--instance[which daemon of a manager that has several]:NAME: ' \
            '-i[which daemon of a manager that has several]:NAME: ' \
            '--no-wait[return when the manager has the order]' \
            '-n[return when the manager has the order]' \
            '--json[print one line of JSON, for programs]' \
            '--socket[the daemon'\''s socket (default\: $GOXEL_SOCKET_PATH, else the usual place)]:PATH:_files' \
            '-s[the daemon'\''s socket (default\: $GOXEL_SOCKET_PATH, else the usual place)]:PATH:_files' \
            '--timeout[give up after this time (default 300; 0\: never)]:SECONDS: ' \
            '--help[show this help]' \
            '-h[show this help]' \
            '*:argument: ';;
    stop)
        _arguments \
            '--instance[which daemon of a manager that has several]:NAME: ' \
            '-i[which daemon of a manager that has several]:NAME: ' \
            '--no-wait[return when the manager has the order]' \
            '-n[return when the manager has the order]' \
            '--json[print one line of JSON, for programs]' \
            '--socket[the daemon'\''s socket (default\: $GOXEL_SOCKET_PATH, else the usual place)]:PATH:_files' \
            '-s[the daemon'\''s socket (default\: $GOXEL_SOCKET_PATH, else the usual place)]:PATH:_files' \
            '--timeout[give up after this time (default 300; 0\: never)]:SECONDS: ' \
            '--help[show this help]' \
            '-h[show this help]' \
            '*:argument: ';;
    restart)
        _arguments \
            '--instance[which daemon of a manager that has several]:NAME: ' \
            '-i[which daemon of a manager that has several]:NAME: ' \
            '--no-wait[return when the manager has the order]' \
            '-n[return when the manager has the order]' \
            '--json[print one line of JSON, for programs]' \
            '--socket[the daemon'\''s socket (default\: $GOXEL_SOCKET_PATH, else the usual place)]:PATH:_files' \
            '-s[the daemon'\''s socket (default\: $GOXEL_SOCKET_PATH, else the usual place)]:PATH:_files' \
            '--timeout[give up after this time (default 300; 0\: never)]:SECONDS: ' \
            '--help[show this help]' \
            '-h[show this help]' \
            '*:argument: ';;
    reload)
        _arguments \
            '--instance[which daemon of a manager that has several]:NAME: ' \
            '-i[which daemon of a manager that has several]:NAME: ' \
            '--json[print one line of JSON, for programs]' \
            '--socket[the daemon'\''s socket (default\: $GOXEL_SOCKET_PATH, else the usual place)]:PATH:_files' \
            '-s[the daemon'\''s socket (default\: $GOXEL_SOCKET_PATH, else the usual place)]:PATH:_files' \
            '--timeout[give up after this time (default 300; 0\: never)]:SECONDS: ' \
            '--help[show this help]' \
            '-h[show this help]' \
            '*:argument: ';;
    upgrade)
        _arguments \
            '--instance[which daemon of a manager that has several]:NAME: ' \
            '-i[which daemon of a manager that has several]:NAME: ' \
            '--no-wait[return when the manager has the order]' \
            '-n[return when the manager has the order]' \
            '--manager[change the manager, not the daemon]' \
            '-m[change the manager, not the daemon]' \
            '--json[print one line of JSON, for programs]' \
            '--socket[the daemon'\''s socket (default\: $GOXEL_SOCKET_PATH, else the usual place)]:PATH:_files' \
            '-s[the daemon'\''s socket (default\: $GOXEL_SOCKET_PATH, else the usual place)]:PATH:_files' \
            '--timeout[give up after this time (default 300; 0\: never)]:SECONDS: ' \
            '--help[show this help]' \
            '-h[show this help]' \
            '*:argument:_files';;
    reset)
        _arguments \
            '--instance[which daemon of a manager that has several]:NAME: ' \
            '-i[which daemon of a manager that has several]:NAME: ' \
            '--json[print one line of JSON, for programs]' \
            '--socket[the daemon'\''s socket (default\: $GOXEL_SOCKET_PATH, else the usual place)]:PATH:_files' \
            '-s[the daemon'\''s socket (default\: $GOXEL_SOCKET_PATH, else the usual place)]:PATH:_files' \
            '--timeout[give up after this time (default 300; 0\: never)]:SECONDS: ' \
            '--help[show this help]' \
            '-h[show this help]' \
            '*:argument: ';;
    metrics)
        _arguments \
            '--instance[which daemon of a manager that has several]:NAME: ' \
            '-i[which daemon of a manager that has several]:NAME: ' \
            '--json[print one line of JSON, for programs]' \
            '--socket[the daemon'\''s socket (default\: $GOXEL_SOCKET_PATH, else the usual place)]:PATH:_files' \
            '-s[the daemon'\''s socket (default\: $GOXEL_SOCKET_PATH, else the usual place)]:PATH:_files' \
            '--timeout[give up after this time (default 300; 0\: never)]:SECONDS: ' \
            '--help[show this help]' \
            '-h[show this help]' \
            '*:argument: ';;
    doctor)
        _arguments \
            '--json[print one line of JSON, for programs]' \
            '--socket[the daemon'\''s socket (default\: $GOXEL_SOCKET_PATH, else the usual place)]:PATH:_files' \
            '-s[the daemon'\''s socket (default\: $GOXEL_SOCKET_PATH, else the usual place)]:PATH:_files' \
            '--timeout[give up after this time (default 300; 0\: never)]:SECONDS: ' \
            '--help[show this help]' \
            '-h[show this help]' \
            '*:argument: ';;
    ping)
        _arguments \
            '--json[print one line of JSON, for programs]' \
            '--socket[the daemon'\''s socket (default\: $GOXEL_SOCKET_PATH, else the usual place)]:PATH:_files' \
            '-s[the daemon'\''s socket (default\: $GOXEL_SOCKET_PATH, else the usual place)]:PATH:_files' \
            '--stdio[ask a private daemon, started for this command, not the one on the socket]' \
            '--timeout[give up after this time (default 300; 0\: never)]:SECONDS: ' \
            '--help[show this help]' \
            '-h[show this help]' \
            '*:argument: ';;
    token)
        _arguments \
            '--file[the file of tokens; default\: security.token_file of the settings]:FILE:_files' \
            '-f[the file of tokens; default\: security.token_file of the settings]:FILE:_files' \
            '--scopes[new\: what it allows, of read, edit, admin with commas between; default\: read,edit]:LIST: ' \
            '-s[new\: what it allows, of read, edit, admin with commas between; default\: read,edit]:LIST: ' \
            '--expires[new\: how long it is good for, such as 12h, 30d, 52w; default\: until it is revoked]:TIME: ' \
            '-e[new\: how long it is good for, such as 12h, 30d, 52w; default\: until it is revoked]:TIME: ' \
            '--name[new\: what it is for]:TEXT: ' \
            '-n[new\: what it is for]:TEXT: ' \
            '--json[print one line of JSON, for programs]' \
            '--help[show this help]' \
            '-h[show this help]' \
            '*:argument:(new list revoke)';;
    mcp)
        _arguments \
            '--client[the client to set up]:NAME:(claude-desktop claude-code cursor vscode windsurf gemini)' \
            '-c[the client to set up]:NAME:(claude-desktop claude-code cursor vscode windsurf gemini)' \
            '--file[its configuration file, when it is not in the usual place]:FILE:_files' \
            '--project[the file of the current directory'\''s project instead of the user'\''s]' \
            '-p[the file of the current directory'\''s project instead of the user'\''s]' \
            '--dry-run[show what the file would be, change nothing]' \
            '-n[show what the file would be, change nothing]' \
            '--json[print one line of JSON, for programs]' \
            '--socket[the daemon'\''s socket (default\: $GOXEL_SOCKET_PATH, else the usual place)]:PATH:_files' \
            '-s[the daemon'\''s socket (default\: $GOXEL_SOCKET_PATH, else the usual place)]:PATH:_files' \
            '--timeout[give up after this time (default 300; 0\: never)]:SECONDS: ' \
            '--help[show this help]' \
            '-h[show this help]' \
            '*:argument:(install clients)';;
    version)
        _arguments \
            '--json[print one line of JSON, for programs]' \
            '--help[show this help]' \
            '-h[show this help]' \
            '*:argument: ';;
    completion)
        _arguments \
            '--json[print one line of JSON, for programs]' \
            '--help[show this help]' \
            '-h[show this help]' \
            '*:argument:(bash zsh fish)';;
    esac
}
if [[ $funcstack[1] == _goxelctl ]]; then
    _goxelctl "$@"
else
    compdef _goxelctl goxelctl
fi
