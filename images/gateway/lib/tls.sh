# Who vouches for the gateway, and renewal.

render_tls() {
  : >http/tls.conf
  : >trust.conf
  certificate_end
  [ "$GATEWAY_TLS" != off ] || {
    printf 'map "" $hsts {\n    default "";\n}\n' >http/tls.conf
    return 0
  }
  mkdir -p -m 700 "$tls"
  mkdir -p "$run/public/-"
  echo ok >"$run/public/-/health.txt"
  # Whom the team's own containers trust beside their systems' authorities: for own it is the team's.
  default GATEWAY_TRUSTED ''
  default GATEWAY_RENEWAL_INTERVAL 43200
  whole_number GATEWAY_RENEWAL_INTERVAL
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
  several=
  [ "$GATEWAY_TLS" != acme ] || [ "$(groups | wc -l)" -le 1 ] || several='$certificate_number'
  [ "$check" = yes ] || certify
  cat >http/tls.conf <<EOF
ssl_protocols TLSv1.2 TLSv1.3;
ssl_session_cache shared:tls:4m;
ssl_session_timeout 1h;
ssl_session_tickets off;
$([ "$GATEWAY_TLS" != acme ] || acme_certificates)
ssl_certificate $tls/current$several.pem;
ssl_certificate_key $tls/current$several.pem;
map "" \$hsts {
    default "$([ "$check" = no ] && is_public && echo 'max-age=31536000' || true)";
}
EOF
}

# certify: what is served from now on.
certify() {
  [ -z "$GATEWAY_TRUSTED" ] || printf '%s\n' "$GATEWAY_TRUSTED" >"$run/public/-/authority.crt"
  case $GATEWAY_TLS in
    own)
      authority
      leaf 90
      trust_pages
      ;;
    files)
      printf '%s\n%s\n' "$GATEWAY_CERTIFICATE" "$GATEWAY_CERTIFICATE_KEY" | private_file "$tls/current.pem"
      ;;
    acme) show_acme ;;
  esac
  certificate_end
}

# certificate_end: tells the portal when the first of what is served ends, in seconds since 1970.
certificate_end() {
  first=
  for file in $(find "$tls" -name "current*.pem" 2>/dev/null); do
    end=$(date -d "$(openssl x509 -in "$file" -noout -enddate | cut -d= -f2)" +%s)
    [ -n "$first" ] && [ "$first" -le "$end" ] || first=$end
  done
  printf 'map "" $certificate_end {\n    default "%s";\n}\n' "$first" >"$run/http/certificate.conf"
}

# start_tls: renews in the background while nginx runs; connections that are open go on.
start_tls() {
  case $GATEWAY_TLS in
    own | acme) (renew_always &) ;;
  esac
}

# Seconds until a failure is tried again: a minute at first, as a network may need, and then longer up to an hour, because
# an ACME server counts failures.
SOON=60
PATIENCE=3600

renew_always() {
  again=$SOON
  while :; do
    pause=$GATEWAY_RENEWAL_INTERVAL
    if renew; then
      again=$SOON
    else
      [ "$pause" -le "$again" ] || pause=$again
      again=$((again * 5 < PATIENCE ? again * 5 : PATIENCE))
      echo "muster: the certificate could not be renewed; it is tried again in $pause s" >&2
    fi
    sleep "$pause"
  done
}

renew() {
  case $GATEWAY_TLS in
    own)
      ! due "$tls/current.pem" || { leaf 90 && reload; }
      ;;
    acme)
      # It asks back by HTTP.
      until [ -e "$run/nginx.pid" ]; do sleep 1; done
      renew_acme
      ;;
  esac
}

reload() {
  certificate_end
  nginx -e stderr -c "$run/nginx.conf" -s reload
}
