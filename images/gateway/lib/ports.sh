# <port>--<member>: a port of the member's editor, by the forwarder there. GATEWAY_PORTS is its host:port.
render_ports() {
  [ -n "${GATEWAY_PORTS:-}" ] || return 0
  case $GATEWAY_PORTS in
    *'{member}'*) ;;
    *) fail "GATEWAY_PORTS leads everybody's ports to $GATEWAY_PORTS: put {member} where the member's id goes" ;;
  esac
  is_endpoint "$(printf '%s' "$GATEWAY_PORTS" | sed 's/{member}/m/g')" ||
    fail "GATEWAY_PORTS=\"$GATEWAY_PORTS\" is not an address: give host:port, such as muster-{member}-code:13338"
  cat >servers/40-ports.conf <<EOF
server {
    include $run/listen.conf;
    server_name "~^[1-9][0-9]{0,4}--(?<member>[a-z](-?[a-z0-9]){0,19})\\.$domain_pattern\$";
    set \$upstream "$(printf '%s' "$GATEWAY_PORTS" | sed 's/{member}/${member}/g')";
    set \$service port;
    proxy_read_timeout 1d;
    proxy_send_timeout 1d;
    client_max_body_size 0;
    include $conf/member.conf;
}
EOF
}
