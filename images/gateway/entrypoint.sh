#!/bin/sh
# Renders nginx's configuration from GATEWAY_* into /tmp, the only place it writes to, and becomes nginx.
set -eu

. /usr/local/lib/muster/settings.sh

conf=/etc/muster-gateway
run=/tmp/nginx

# True when the whole of $1 matches the extended regular expression $2; grep alone would accept one good line of several.
matches() {
  case $1 in
    *'
'*) return 1 ;;
  esac
  printf '%s\n' "$1" | grep -Eqx -e "$2"
}

is_port() {
  matches "$1" '[1-9][0-9]{0,4}' && [ "$1" -le 65535 ]
}

is_endpoint() {
  matches "$1" '[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?:[0-9]+' && is_port "${1##*:}"
}

# Prints the pattern $2 of the variable $1 as an nginx string.
pattern() {
  case $2 in
    *'{member}'*) ;;
    *) fail "$1=\"$2\" names the same host for everybody: put {member} where the member's id goes" ;;
  esac
  is_endpoint "$(printf '%s' "$2" | sed 's/{member}/m/g')" ||
    fail "$1=\"$2\" is not a pattern: give host:port with {member} in it, such as muster-{member}-web:8080"
  printf '%s' "$2" | sed 's/{member}/${member}/g'
}

# Prints $1 as nginx wants a name server: IPv6 in brackets.
nameserver() {
  case $1 in
    \[*) matches "$1" '\[[0-9A-Fa-f:.]+\](:[0-9]+)?' && printf '%s' "$1" ;;
    *:*:*) matches "$1" '[0-9A-Fa-f:.]+' && printf '[%s]' "$1" ;;
    *) matches "$1" '[0-9]{1,3}(\.[0-9]{1,3}){3}(:[0-9]+)?' && printf '%s' "$1" ;;
  esac
}

require GATEWAY_PORTAL GATEWAY_WEB GATEWAY_CODE
default GATEWAY_DOMAIN localhost
default GATEWAY_SCHEME http
default GATEWAY_UPLOAD_LIMIT 64
whole_number GATEWAY_UPLOAD_LIMIT

domain=$GATEWAY_DOMAIN
case $GATEWAY_SCHEME in
  http) scheme_port=80 ;;
  https) scheme_port=443 ;;
  *) fail "GATEWAY_SCHEME=\"$GATEWAY_SCHEME\" is not a scheme: give http, or https when something in front ends TLS" ;;
esac

label='[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?'
matches "$domain" "$label(\.$label)*" && [ "${#domain}" -le 230 ] ||
  fail "GATEWAY_DOMAIN=\"$domain\" is not a domain: give lower-case letters, digits, \"-\" and \".\", such as dev.example.org"

portal=$GATEWAY_PORTAL
is_endpoint "$portal" || fail "GATEWAY_PORTAL=\"$portal\" is not an address: give host:port, such as muster-portal:8080"

web=$(pattern GATEWAY_WEB "$GATEWAY_WEB")
code=$(pattern GATEWAY_CODE "$GATEWAY_CODE")

resolver=
if [ -n "${GATEWAY_RESOLVER:-}" ]; then
  for address in $(printf '%s' "$GATEWAY_RESOLVER" | tr ',' ' '); do
    resolver="$resolver $(nameserver "$address")" ||
      fail "GATEWAY_RESOLVER=\"$GATEWAY_RESOLVER\" holds \"$address\": give addresses of name servers, such as 127.0.0.11"
  done
else
  # What nginx cannot use, such as a link-local address with its zone, is passed over.
  for address in $(sed -n 's/^[[:space:]]*nameserver[[:space:]]\{1,\}\([^[:space:]#;]*\).*/\1/p' /etc/resolv.conf); do
    resolver="$resolver $(nameserver "$address" || true)"
  done
fi
matches "$resolver" ' *' &&
  fail 'no name server: /etc/resolv.conf names none that nginx can use, so set GATEWAY_RESOLVER to the address of one'

mkdir -p "$run"
cd "$run"

# Fixed hosts of the team, each with all names below it (<repository>.live.<domain>).
: >routes.conf
taken=' portal www '
for route in $(printf '%s' "${GATEWAY_ROUTES:-}" | tr ',' ' '); do
  name=${route%%=*}
  endpoint=${route#*=}
  matches "$name" "$label" && is_endpoint "$endpoint" ||
    fail "GATEWAY_ROUTES holds \"$route\": give name=host:port pairs, such as git=muster-git:8080"
  case $taken in
    *" $name "*) fail "GATEWAY_ROUTES names \"$name\" again: every name once, and never portal or www" ;;
  esac
  taken="$taken$name "
  cat >>routes.conf <<EOF
server {
    listen 8080;
    server_name .$name.$domain;
    set \$upstream $endpoint;
    set \$service $name;
    include $conf/route.conf;
}
EOF
done

sed -e "s|@RESOLVER@|$resolver|g" \
  -e "s|@DOMAIN_PATTERN@|$(printf '%s' "$domain" | sed 's/\./\\\\./g')|g" \
  -e "s|@DOMAIN@|$domain|g" \
  -e "s|@SCHEME@|$GATEWAY_SCHEME|g" \
  -e "s|@SCHEME_PORT@|$scheme_port|g" \
  -e "s|@PORTAL@|$portal|g" \
  -e "s|@WEB@|$web|g" \
  -e "s|@CODE@|$code|g" \
  -e "s|@BODY_MIB@|$((GATEWAY_UPLOAD_LIMIT + 8))|g" \
  "$conf/nginx.conf.template" >nginx.conf

exec nginx -e stderr -c "$run/nginx.conf"
