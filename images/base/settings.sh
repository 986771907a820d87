# Functions for entry points (POSIX sh, to be sourced): settings come from the environment only. With the argument
# --check, an entry point only says what is wrong with them.

# fail MESSAGE...: one clear line, and the container stops.
fail() {
  echo "muster: $*" >&2
  exit 1
}

# secret NAME: takes NAME from the file NAME_FILE when that is set, and exports it.
secret() {
  eval "_value=\${$1:-} _file=\${$1_FILE:-}"
  if [ -n "$_value" ] && [ -n "$_file" ]; then
    fail "$1 and $1_FILE are both set: set one of them"
  fi
  if [ -n "$_file" ]; then
    [ -r "$_file" ] || fail "$1_FILE names $_file, which cannot be read"
    _value=$(cat "$_file")
    [ -n "$_value" ] || fail "$1_FILE names $_file, which is empty"
  fi
  if [ -n "$_value" ]; then
    export "$1=$_value"
  fi
  unset "$1_FILE" _value _file
}

# secret_files: the same for whatever Kubernetes gives as a file, the roster's environment among it; an empty one is none.
secret_files() {
  for _name in $(env | sed -n 's|^\([A-Za-z_][A-Za-z0-9_]*\)_FILE=/run/secrets/muster/.*|\1|p'); do
    eval "_file=\$${_name}_FILE"
    if [ -s "$_file" ]; then secret "$_name"; fi
  done
  unset _name _file
}

# require NAME...: fails with every name that has no value.
require() {
  _missing=
  for _name in "$@"; do
    eval "[ -n \"\${$_name:-}\" ]" || _missing="$_missing $_name"
  done
  [ -z "$_missing" ] || fail "missing environment variables:$_missing"
  unset _missing _name
}

# default NAME VALUE: exports NAME, with VALUE when it is unset or empty.
default() {
  eval "export \"$1=\${$1:-\$2}\""
}

# whole_number NAME...: fails unless each is a whole number from 1 on.
whole_number() {
  for _name in "$@"; do
    eval "_value=\$$_name"
    case $_value in
      '' | 0* | *[!0-9]*) fail "$_name is \"$_value\": it must be a whole number from 1 on" ;;
    esac
  done
  unset _name _value
}

# has_room FOLDER KIB: whether that much is free on its disk. A start that would need it waits until there is.
has_room() {
  [ "$(df -Pk "$1" | awk 'NR == 2 { print $4 }')" -ge "$2" ]
}
