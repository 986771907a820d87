# Who may see what: GATEWAY_ACCESS is the service that knows who is signed in. Without it, everybody sees everything.
render_access() {
  default GATEWAY_ACCESS ''
  default GATEWAY_SCHEME http
  secret GATEWAY_KEY
  : >access-server.conf
  cp "$conf/access/forward-open.conf" access-forward.conf
  if [ -z "$GATEWAY_ACCESS" ]; then
    word ACCESS_COOKIE '(?:__Host-)?muster'
    word WITHOUT_PAGE 1
    return 0
  fi
  is_endpoint "$GATEWAY_ACCESS" ||
    fail "GATEWAY_ACCESS=\"$GATEWAY_ACCESS\" is not an address: give host:port, such as muster-access:8080"
  require GATEWAY_KEY
  matches "$GATEWAY_KEY" '[A-Za-z0-9]{16,}' || fail 'GATEWAY_KEY is no key: give 16 or more letters and digits'
  default GATEWAY_LEVELS ''
  levels=
  for level in $GATEWAY_LEVELS; do
    matches "$level" "$label=(public|team|owner)" ||
      fail "GATEWAY_LEVELS holds \"$level\": give kind=level pairs, such as ci=team"
    levels="$levels ${level%%=*} ${level#*=};"
  done

  # Browsers take a cookie of such a name from its own host alone.
  secure='' cookie=muster
  if [ "$GATEWAY_SCHEME" = https ]; then secure='; Secure' cookie=__Host-muster; fi
  word ACCESS_COOKIE "$cookie"
  word WITHOUT_PAGE ''
  # Not among the words that the templates of others are filled with: only these files hold the key.
  sed -e "s|@ACCESS@|$GATEWAY_ACCESS|g; s|@KEY@|$GATEWAY_KEY|g; s|@COOKIE@|$cookie|g; s|@SECURE@|$secure|g" \
    -e "s|@DOMAIN@|$domain|g; s|@LEVELS@|$levels|g; s|@RUN@|$run|g" "$conf/access/http.conf" >http/20-access.conf
  cp "$conf/access/server.conf" access-server.conf
  cp "$conf/access/forward.conf" access-forward.conf
  unset GATEWAY_KEY
}
