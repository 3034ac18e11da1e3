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
        'status:show how the daemon is'
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
            '*:argument:(show check diff set schema sample)';;
    status)
        _arguments \
            '--json[print one line of JSON, for programs]' \
            '--socket[the daemon'\''s socket (default\: $GOXEL_SOCKET_PATH, else the usual place)]:PATH:_files' \
            '-s[the daemon'\''s socket (default\: $GOXEL_SOCKET_PATH, else the usual place)]:PATH:_files' \
            '--stdio[ask a private daemon, started for this command, not the one on the socket]' \
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
