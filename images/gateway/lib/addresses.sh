# Addresses: what is one, and the name servers that tell those of the team's containers.

label='[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?'

is_port() {
  matches "$1" '[1-9][0-9]{0,4}' && [ "$1" -le 65535 ]
}

is_endpoint() {
  matches "$1" '[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?:[0-9]+' && is_port "${1##*:}"
}

# Prints $1 as nginx wants a name server: IPv6 in brackets.
nameserver() {
  case $1 in
    \[*) matches "$1" '\[[0-9A-Fa-f:.]+\](:[0-9]+)?' && printf '%s' "$1" ;;
    *:*:*) matches "$1" '[0-9A-Fa-f:.]+' && printf '[%s]' "$1" ;;
    *) matches "$1" '[0-9]{1,3}(\.[0-9]{1,3}){3}(:[0-9]+)?' && printf '%s' "$1" ;;
  esac
}

render_addresses() {
  resolver=
  if [ -n "${GATEWAY_RESOLVER:-}" ]; then
    for address in $(printf '%s' "$GATEWAY_RESOLVER" | tr ',' ' '); do
      resolver="$resolver $(nameserver "$address")" ||
        fail "GATEWAY_RESOLVER=\"$GATEWAY_RESOLVER\" holds \"$address\": give addresses of name servers, such as 127.0.0.11"
    done
  else
    # Skips what nginx cannot use, such as a link-local address with a zone.
    for address in $(sed -n 's/^[[:space:]]*nameserver[[:space:]]\{1,\}\([^[:space:]#;]*\).*/\1/p' /etc/resolv.conf); do
      resolver="$resolver $(nameserver "$address" || true)"
    done
  fi
  matches "$resolver" ' *' &&
    fail 'no name server: /etc/resolv.conf names none that nginx can use, so set GATEWAY_RESOLVER to the address of one'
  word RESOLVER "$resolver"
}
