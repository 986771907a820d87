# Functions for entry points (POSIX sh, to be sourced after settings.sh and rules.sh): the team's public addresses, from
# inside its containers.

# check_names: PUBLIC_DOMAIN is the domain, PUBLIC_FORWARDS what leads to the gateway, as port=host:port pairs.
check_names() {
  default PUBLIC_DOMAIN ''
  default PUBLIC_FORWARDS ''
  [ -n "$PUBLIC_FORWARDS" ] || return 0
  follows domain "$PUBLIC_DOMAIN" ||
    fail "PUBLIC_DOMAIN=\"$PUBLIC_DOMAIN\" is not a domain, such as dev.example.org, which PUBLIC_FORWARDS needs"
  for _forward in $PUBLIC_FORWARDS; do
    matches "$_forward" '[1-9][0-9]{0,4}=[A-Za-z0-9][A-Za-z0-9._-]*:[1-9][0-9]{0,4}' ||
      fail "PUBLIC_FORWARDS holds \"$_forward\": give port=host:port pairs, such as 8080=muster-gateway:8090"
  done
  unset _forward
}

# public_names: the names of the domain lead to the loopback, and its public ports to the gateway. Nobody else has a use
# for them there, but in an editor, where members' own programs go first (images/code-server/yield.c). In subshells of
# their own, so that init inherits them; without the environment, which holds secrets.
public_names() {
  [ -n "$PUBLIC_FORWARDS" ] || return 0
  printf '%s\n' "$PUBLIC_DOMAIN" > /run/muster/domain
  for _forward in $PUBLIC_FORWARDS; do
    (env -i PATH="$PATH" public-forward "$_forward" > /dev/null 2>&1 &)
  done
  unset _forward
}
