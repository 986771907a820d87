# Certificates of an ACME server, by lego. Its account and what it got are in the volume.

acme=/var/lib/acme
# What an ACME server puts into one certificate at most.
names_each=100

acme_settings() {
  require GATEWAY_ACME_EMAIL GATEWAY_ACME_DIRECTORY
  default GATEWAY_ACME_DNS ''
  default GATEWAY_ACME_RESOLVERS ''
  default GATEWAY_ACME_PROPAGATION on
  # Beside them, lego takes the system's.
  [ -z "$GATEWAY_TRUSTED" ] ||
    export LEGO_CA_CERTIFICATES="$run/public/-/authority.crt" LEGO_CA_SYSTEM_CERT_POOL=true
  for name in $(printf '%s' "${GATEWAY_ACME_ENVIRONMENT:-}" | tr ',' ' '); do secret "$name"; done
  all="$domain $(printf '%s' "${GATEWAY_NAMES:-}" | tr ',' ' ')"
  [ -z "$GATEWAY_ACME_DNS" ] || all="$domain *.$domain"
}

# groups: the names of each certificate on a line of its own.
groups() {
  printf '%s\n' $all | xargs -n "$names_each"
}

# kept FIRST: the file with the certificate whose first name this is, and its key.
kept() {
  printf '%s/certificates/%s.pem' "$acme" "$1"
}

# complete NAMES...: whether there is a certificate for all of them, and more than a third of its time is left.
complete() {
  [ -s "$(kept "$1")" ] && ! due "$(kept "$1")" || return 1
  for name; do
    openssl x509 -in "$(kept "$1")" -noout -checkhost "$(printf '%s' "$name" | sed 's/^\*/any/')" |
      grep -q 'does match' || return 1
  done
}

# obtain NAMES...
obtain() {
  first=$1
  domains=
  for name; do domains="$domains --domains $name"; done
  if [ -n "$GATEWAY_ACME_DNS" ]; then
    proof="--dns $GATEWAY_ACME_DNS"
    for resolver_address in $(printf '%s' "$GATEWAY_ACME_RESOLVERS" | tr ',' ' '); do
      proof="$proof --dns.resolvers $resolver_address"
    done
    [ "$GATEWAY_ACME_PROPAGATION" = on ] || proof="$proof --dns.disable-cp"
  else
    proof="--http --http.webroot $run/public"
  fi
  lego --accept-tos --path "$acme" --email "$GATEWAY_ACME_EMAIL" --server "$GATEWAY_ACME_DIRECTORY" \
    $proof $domains run >&2 || return 1
  cat "$acme/certificates/$first.crt" "$acme/certificates/$first.key" | private_file "$(kept "$first")"
}

# show_acme: what is there is served; for the rest a certificate that nobody trusts, until there is one.
show_acme() {
  number=0
  groups | while read -r first others; do
    file=$tls/current${number#0}.pem
    if [ -s "$(kept "$first")" ]; then
      private_file "$file" <"$(kept "$first")"
    elif [ ! -e "$file" ]; then
      openssl req -new -x509 -subj "/CN=$domain" -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc \
        -keyout "$tls/stand-in.key" -out "$tls/stand-in.crt" -days 7 2>/dev/null
      cat "$tls/stand-in.crt" "$tls/stand-in.key" | private_file "$file"
    fi
    number=$((number + 1))
  done
}

# acme_certificates: which of several certificates a visitor is shown, by the name that they ask for.
acme_certificates() {
  [ "$(groups | wc -l)" -gt 1 ] || return 0
  echo 'map_hash_max_size 16384;'
  echo 'map $ssl_server_name $certificate_number {'
  echo '    default "";'
  number=0
  groups | while read -r names; do
    for name in $names; do echo "    $name \"${number#0}\";"; done
    number=$((number + 1))
  done
  echo '}'
}

# renew_acme: gets what is missing or about to end.
renew_acme() {
  changed=$tls/changed
  failed=$tls/failed
  rm -f "$changed" "$failed"
  groups | while read -r names; do
    complete $names || { obtain $names </dev/null && : >"$changed" || : >"$failed"; }
  done
  [ ! -e "$changed" ] || { show_acme && reload; }
  [ ! -e "$failed" ]
}
