# Completion of cay and cay-server in bash.

# Commands that a running server knows, as the options on the line reach it.
_cay_commands() {
    local i arguments=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
            -h | -p | -s | -a | -n | -u | --user | --pass) arguments+=("${COMP_WORDS[i]}" "${COMP_WORDS[i + 1]}") ;;
        esac
    done
    timeout 1 "${COMP_WORDS[0]}" "${arguments[@]}" --raw COMMAND LIST 2>/dev/null </dev/null
}

_cay() {
    local current=$2 previous=$3
    case $previous in
        -s | --embedded) mapfile -t COMPREPLY < <(compgen -f -- "$current"); return ;;
        --show-pushes) mapfile -t COMPREPLY < <(compgen -W 'yes no' -- "$current"); return ;;
        -h) mapfile -t COMPREPLY < <(compgen -A hostname -- "$current"); return ;;
        -p | -n | -r | -i | -a | --pass | --user | -u | --uri | -X | -d | -D | --count | --pattern | --quoted-pattern | \
            --pipe-timeout | --memkeys-samples) return ;;
    esac
    if [[ $current == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W '-h -p -s -a -u -n -r -i -x -X -d -D -e -c -2 -3 -v --user --pass --askpass --uri
            --no-auth-warning --raw --no-raw --csv --json --quoted-json --quoted-input --show-pushes --verbose --check --no-check
            --pipe --pipe-timeout --scan --pattern --quoted-pattern --count --stat --latency --latency-history --latency-dist
            --bigkeys --memkeys --memkeys-samples --hotkeys --embedded --help --version' -- "$current")
        return
    fi
    mapfile -t COMPREPLY < <(compgen -W "$(_cay_commands)" -- "${current,,}")
}

# Every option stands in the configuration file that comes with the server.
_cay_server_options() {
    local file
    for file in /etc/cay/cay.conf /usr/local/etc/cay/cay.conf /opt/homebrew/etc/cay/cay.conf; do
        [ -r "$file" ] && sed -n 's/^\([a-z][a-z0-9-]*\) .*$/--\1/p' "$file"
    done 2>/dev/null | sort -u
}

_cay_server() {
    local current=$2
    if [[ $current == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "--help --version --check-config --port --bind --dir --include $(_cay_server_options)" -- "$current")
    else
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
    fi
}

complete -F _cay cay
complete -F _cay_server cay-server
