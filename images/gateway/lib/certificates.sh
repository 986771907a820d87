# Certificates (openssl's own work). What is made here is made again at the next start, or kept by ACME's client.

tls=$run/tls

# private_file FILE: writes standard input to FILE, for its owner's eyes only.
private_file() {
  (umask 077 && cat >"$1.new")
  mv -f "$1.new" "$1"
}

# derived_key SECRET: a key on P-256 that is the same for the same secret. 252 bits of it make any value a valid one.
derived_key() {
  digest=$(printf '%s' "authority of $domain" | openssl mac -digest SHA256 -macopt "key:$1" -in - HMAC | tr 'A-F' 'a-f')
  number=0${digest#?}
  perl -e 'print pack "H*", shift' "30310201010420${number}a00a06082a8648ce3d030107" | openssl ec -inform DER 2>/dev/null
}

# authority: the team's own, from its secret. Every start makes the same bytes: dates and signature are fixed, and the
# serial follows from the key, because Firefox takes no second authority of one name and serial. It can vouch for nothing
# but servers of the domain.
authority() {
  derived_key "$GATEWAY_AUTHORITY" | private_file "$tls/authority.key"
  serial=$(openssl pkey -in "$tls/authority.key" -pubout -outform DER | openssl dgst -sha256 -r | cut -c1-16)
  cat >"$tls/authority.conf" <<EOF
[req]
prompt = no
distinguished_name = name
x509_extensions = authority
utf8 = yes
[name]
O = Muster
CN = $authority_name
[authority]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
nameConstraints = critical, permitted;DNS:$domain, excluded;IP:0.0.0.0/0.0.0.0, excluded;IP:0:0:0:0:0:0:0:0/0:0:0:0:0:0:0:0
EOF
  openssl req -new -x509 -config "$tls/authority.conf" -key "$tls/authority.key" -sha256 -set_serial "0x1$serial" \
    -not_before 20250101000000Z -not_after 20450101000000Z -sigopt nonce-type:1 -out "$run/public/-/authority.crt"
}

# leaf: a key and certificate of 90 days for every name, in one file that is replaced at once.
leaf() {
  names=DNS:$domain,DNS:*.$domain
  for name in $(printf '%s' "${GATEWAY_NAMES:-}" | tr ',' ' '); do names=$names,DNS:$name; done
  openssl req -new -x509 -subj "/CN=$domain" -CA "$run/public/-/authority.crt" -CAkey "$tls/authority.key" \
    -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout "$tls/leaf.key" -out "$tls/leaf.crt" -days "$1" -sha256 \
    -addext 'basicConstraints=critical,CA:FALSE' -addext 'keyUsage=critical,digitalSignature' \
    -addext 'extendedKeyUsage=serverAuth' -addext "subjectAltName=$names" 2>/dev/null
  cat "$tls/leaf.crt" "$tls/leaf.key" | private_file "$tls/current.pem"
}

# due FILE: whether less than a third of its certificate's time is left.
due() {
  start=$(date -d "$(openssl x509 -in "$1" -noout -startdate | cut -d= -f2)" +%s)
  end=$(date -d "$(openssl x509 -in "$1" -noout -enddate | cut -d= -f2)" +%s)
  [ $((3 * (end - $(date +%s)))) -lt $((end - start)) ]
}

# is_public: whether what is served is trusted where nobody has trusted the team: only then may browsers insist on https.
is_public() {
  openssl verify -untrusted "$tls/current.pem" "$tls/current.pem" >/dev/null 2>&1
}
