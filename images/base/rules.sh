# Functions for entry points (POSIX sh, to be sourced). Written by `npm run schema` from config/rules.ts.

# matches VALUE PATTERN: whether the whole of VALUE matches; grep would accept one good line of several.
matches() {
  case $1 in
    *'
'*) return 1 ;;
  esac
  grep -Eqx -e "$2" << VALUE
$1
VALUE
}

# follows RULE VALUE: whether VALUE follows RULE.
follows() {
  case $1 in
    domain) _is='[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*' _not='(^|\.)([0-9]+|0x[0-9a-f]*)$|.{191}' ;;
    member) _is='[a-z]([a-z0-9-]{0,18}[a-z0-9])?' _not='' ;;
    repository) _is='[a-z0-9][a-z0-9._-]{0,63}' _not='\.\.|\.(git|lock)$' ;;
  esac
  matches "$2" "$_is" && { [ -z "$_not" ] || ! matches "$2" ".*($_not).*"; }
}
