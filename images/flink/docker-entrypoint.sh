#!/usr/bin/env bash
# The container contract of Flink's official images: what the first argument means, which environment
# variables are read, and in which order things happen.
set -u

FLINK_HOME=${FLINK_HOME:-/opt/flink}
conf_dir=$FLINK_HOME/conf

usage() {
  cat <<EOF
Usage: $(basename "$0") (jobmanager|standalone-job|taskmanager|history-server) [ARGUMENT...]
       $(basename "$0") help
       $(basename "$0") COMMAND [ARGUMENT...]

A Flink process in the foreground, or any other command. Flink's native Kubernetes mode uses the latter.

Environment:
  FLINK_PROPERTIES                     lines "key: value" for Flink's configuration, without spaces inside
                                       a value; \${VARIABLE} is replaced
  JOB_MANAGER_RPC_ADDRESS              jobmanager.rpc.address (default: this host's name)
  TASK_MANAGER_NUMBER_OF_TASK_SLOTS    taskmanager.numberOfTaskSlots
  ENABLE_BUILT_IN_PLUGINS              jars of $FLINK_HOME/opt to enable as plugins, separated by ';'
  DISABLE_JEMALLOC                     "true": use the C library's memory allocation
EOF
}

# glibc's malloc fragments under RocksDB until the container is killed for its memory.
preload_jemalloc() {
  local library
  [ "${DISABLE_JEMALLOC:-false}" = true ] && return
  library=/usr/lib/$(uname -m)-linux-gnu/libjemalloc.so
  if [ -e "$library" ]; then
    export LD_PRELOAD=${LD_PRELOAD:+$LD_PRELOAD:}$library
  else
    echo "WARNING: $library is not there, the C library's memory allocation is used" >&2
  fi
}

enable_plugins() {
  local jar jars folder
  IFS=';' read -ra jars <<<"${ENABLE_BUILT_IN_PLUGINS:-}"
  for jar in "${jars[@]}"; do
    [ -n "$jar" ] || continue
    if [ ! -e "$FLINK_HOME/opt/$jar" ]; then
      echo "Plugin $jar is not in $FLINK_HOME/opt" >&2
      exit 1
    fi
    folder=$FLINK_HOME/plugins/${jar%.jar}
    mkdir -p "$folder" && ln -fs "$FLINK_HOME/opt/$jar" "$folder/"
  done
}

# "key: value" lines, later ones win.
wanted_properties() {
  cat <<EOF
jobmanager.rpc.address: ${JOB_MANAGER_RPC_ADDRESS:-$(hostname -f 2>/dev/null || hostname)}
blob.server.port: 6124
query.server.port: 6125
EOF
  if [ -n "${TASK_MANAGER_NUMBER_OF_TASK_SLOTS:-}" ]; then
    echo "taskmanager.numberOfTaskSlots: $TASK_MANAGER_NUMBER_OF_TASK_SLOTS"
  fi
  if [ -n "${FLINK_PROPERTIES:-}" ]; then
    envsubst <<<"$FLINK_PROPERTIES"
  fi
}

write_configuration() {
  local line dynamic=()
  # An operator mounts the whole configuration, read-only: it is complete, and nothing may be written.
  [ -w "$conf_dir/config.yaml" ] || return
  while IFS= read -r line; do
    # Flink's script splits its arguments at every space, so none is kept.
    line=${line//[[:space:]]/}
    [[ $line == [!#]*:* ]] && dynamic+=(-D "${line%%:*}=${line#*:}")
  done < <(wanted_properties)
  "$FLINK_HOME/bin/config-parser-utils.sh" "$conf_dir" "$FLINK_HOME/bin" "$FLINK_HOME/lib" "${dynamic[@]}"
}

# Flink never runs as root, even where the container does.
run_as_flink() {
  if [ "$(id -u)" = 0 ]; then
    exec gosu flink "$@"
  fi
  exec "$@"
}

if [ $# = 0 ] || [ "$1" = help ]; then
  usage
  exit 0
fi

preload_jemalloc
enable_plugins
write_configuration

case $1 in
  jobmanager | standalone-job | taskmanager)
    script=$1.sh
    shift
    run_as_flink "$FLINK_HOME/bin/$script" start-foreground "$@"
    ;;
  history-server)
    shift
    run_as_flink "$FLINK_HOME/bin/historyserver.sh" start-foreground "$@"
    ;;
  *)
    run_as_flink "$@"
    ;;
esac
