# What visitors connect to: every server includes listen.conf. 8090 and 8490 are for the team's own containers alone
# (http/inside.conf).
render_listeners() {
  default GATEWAY_SCHEME http
  default GATEWAY_TLS off
  case $GATEWAY_SCHEME in
    http | https) ;;
    *) fail "GATEWAY_SCHEME=\"$GATEWAY_SCHEME\" is not a scheme: give http, or https when TLS ends in front of the gateway" ;;
  esac
  case $GATEWAY_TLS in
    off) printf 'listen %s;\n' 8080 8090 >listen.conf ;;
    own | files | acme)
      GATEWAY_SCHEME=https
      # Without TLS it answers here too: see @plain.
      printf 'listen %s;\n' '8080 ssl' '8490 ssl' 8090 >listen.conf
      echo 'http2 on;' >>listen.conf
      ;;
    *) fail "GATEWAY_TLS=\"$GATEWAY_TLS\" is not known: give off, own, files or acme" ;;
  esac
  word SCHEME "$GATEWAY_SCHEME"
  # The port of URLs; the scheme's own is left out.
  default GATEWAY_PORT 443
  is_port "$GATEWAY_PORT" || fail "GATEWAY_PORT=\"$GATEWAY_PORT\" is not a port: give that of the team's URLs"
  [ "$GATEWAY_PORT" = 443 ] && word PUBLIC_PORT '' || word PUBLIC_PORT ":$GATEWAY_PORT"

  : >proxies.conf
  : >realip.conf
  for network in $(printf '%s' "${GATEWAY_PROXIES:-}" | tr ',' ' '); do
    matches "$network" '[0-9A-Fa-f.:]+(/[0-9]{1,3})?' ||
      fail "GATEWAY_PROXIES holds \"$network\": give networks such as 10.0.0.0/8"
    echo "$network 1;" >>proxies.conf
    echo "set_real_ip_from $network;" >>realip.conf
  done
}
