# Fixed hosts of the team; "*--live" is <repository>--live for every repository.
render_routes() {
  : >servers/20-routes.conf
  taken=' portal www '
  for route in $(printf '%s' "${GATEWAY_ROUTES:-}" | tr ',' ' '); do
    name=${route%%=*}
    endpoint=${route#*=}
    matches "$name" "(\*--)?$label" && is_endpoint "$endpoint" ||
      fail "GATEWAY_ROUTES holds \"$route\": give name=host:port pairs, such as git=muster-git:8080"
    case $taken in
      *" $name "*) fail "GATEWAY_ROUTES names \"$name\" again: every name once, and never portal or www" ;;
    esac
    taken="$taken$name "
    case $name in
      '*--'*) names="\"~^[a-z0-9][a-z0-9-]*${name#?}\\.$domain_pattern\$\"" ;;
      *) names=$name.$domain ;;
    esac
    cat >>servers/20-routes.conf <<EOF
server {
    include $run/listen.conf;
    server_name $names;
    set \$upstream $endpoint;
    set \$service ${name#\*--};
    set \$member "";
    include $conf/route.conf;
}
EOF
  done
}
