# Who vouches for the gateway, and renewal.

render_tls() {
  : >http/tls.conf
  : >trust.conf
  [ "$GATEWAY_TLS" != off ] || {
    printf 'map "" $hsts {\n    default "";\n}\n' >http/tls.conf
    return 0
  }
  mkdir -p -m 700 "$tls"
  mkdir -p "$run/public/-"
  echo ok >"$run/public/-/health.txt"
  case $GATEWAY_TLS in
    own)
      secret GATEWAY_AUTHORITY
      require GATEWAY_AUTHORITY
      default GATEWAY_TEAM muster
      authority_name="Muster $GATEWAY_TEAM ($domain)"
      ;;
    files)
      secret GATEWAY_CERTIFICATE
      secret GATEWAY_CERTIFICATE_KEY
      require GATEWAY_CERTIFICATE GATEWAY_CERTIFICATE_KEY
      ;;
    acme) acme_settings ;;
  esac
  [ "$check" = yes ] || certify
  cat >http/tls.conf <<EOF
ssl_protocols TLSv1.2 TLSv1.3;
ssl_session_cache shared:tls:4m;
ssl_session_timeout 1h;
ssl_session_tickets off;
ssl_certificate $tls/current.pem;
ssl_certificate_key $tls/current.pem;
map "" \$hsts {
    default "$([ "$check" = no ] && is_public && echo 'max-age=31536000' || true)";
}
EOF
}

# certify: what is served from now on.
certify() {
  case $GATEWAY_TLS in
    own)
      authority
      leaf 90
      trust_pages
      ;;
    files)
      printf '%s\n%s\n' "$GATEWAY_CERTIFICATE" "$GATEWAY_CERTIFICATE_KEY" | private_file "$tls/current.pem"
      ;;
    acme) certify_acme ;;
  esac
}

# start_tls: renews in the background while nginx runs; connections that are open go on.
start_tls() {
  case $GATEWAY_TLS in
    own | acme) ;;
    *) return 0 ;;
  esac
  default GATEWAY_RENEWAL_INTERVAL 43200
  whole_number GATEWAY_RENEWAL_INTERVAL
  (renew_always &)
}

renew_always() {
  while sleep "$GATEWAY_RENEWAL_INTERVAL"; do
    renew || echo "muster: the certificate could not be renewed; it is tried again" >&2
  done
}

renew() {
  case $GATEWAY_TLS in
    own)
      due "$tls/current.pem" || return 0
      leaf 90
      ;;
    acme) renew_acme || return $? ;;
  esac
  nginx -e stderr -c "$run/nginx.conf" -s reload
}
