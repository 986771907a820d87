# Addresses of every member, as kind=prefix{member}=host:port=patience. The first pattern that matches is taken.
render_members() {
  default GATEWAY_UPLOAD_LIMIT 64
  whole_number GATEWAY_UPLOAD_LIMIT
  # A form has more around the file.
  upload_limit=$((GATEWAY_UPLOAD_LIMIT + 8))
  word UPLOAD_LIMIT "$upload_limit"

  # What PHP may take for a page, and a little more.
  default GATEWAY_PAGE_PATIENCE 45
  whole_number GATEWAY_PAGE_PATIENCE
  echo "proxy_read_timeout ${GATEWAY_PAGE_PATIENCE}s;" >page.conf

  : >servers/50-members.conf
  closed=
  kinds=' '
  for entry in $(printf '%s' "$GATEWAY_MEMBERS" | tr ',' ' '); do
    kind=${entry%%=*} rest=${entry#*=}
    host=${rest%%=*} rest=${rest#*=}
    endpoint=${rest%%=*} patience=${rest#*=}
    matches "$kind" "$label" && matches "$host" '([a-z0-9]+-)?\{member\}' && matches "$patience" '[1-9][0-9]{0,3}[smhd]' ||
      fail "GATEWAY_MEMBERS holds \"$entry\": give kind=prefix{member}=host:port=patience, such as" \
        "editor=code-{member}=muster-{member}-code:8080=20s"
    case $endpoint in
      *'{member}'*) ;;
      *) fail "GATEWAY_MEMBERS leads everybody's $kind to $endpoint: put {member} where the member's id goes" ;;
    esac
    is_endpoint "$(printf '%s' "$endpoint" | sed 's/{member}/m/g')" ||
      fail "GATEWAY_MEMBERS leads \"$kind\" to \"$endpoint\": give host:port, such as muster-{member}-web:8080"
    case $kinds in
      *" $kind "*) fail "GATEWAY_MEMBERS names \"$kind\" again: every kind once" ;;
    esac
    kinds="$kinds$kind "
    prefix=${host%%\{*}
    # The live sites have no editor. The page for their database is the organisers'; where nobody signs in, it would be
    # everybody's.
    case $kind:${GATEWAY_ACCESS:+asked} in
      site:* | database:asked) ;;
      *) closed="$closed ${prefix}live.$domain" ;;
    esac
    # A site's other repositories are <repository>--<member>; no id holds "--".
    cat >>servers/50-members.conf <<EOF
server {
    include $run/listen.conf;
    server_name "~^${prefix:-([a-z0-9][a-z0-9-]*--)?}(?<member>[a-z](-?[a-z0-9]){0,19})\\.$domain_pattern\$";
    set \$upstream "$(printf '%s' "$endpoint" | sed 's/{member}/${member}/g')";
    set \$service $kind;
    proxy_read_timeout $patience;
    proxy_send_timeout $patience;
    client_max_body_size ${upload_limit}m;
    include $conf/member.conf;
}
EOF
  done
  word CLOSED "$closed"
}
