# The pages on which visitors learn to trust the team's own authority.

# uuid TEXT: the same for the same text.
uuid() {
  printf '%s' "$1" | openssl dgst -sha256 -r |
    sed 's/^\(.\{8\}\)\(.\{4\}\).\(.\{3\}\).\(.\{3\}\)\(.\{12\}\).*/\1-\2-5\3-a\4-\5/'
}

trust_pages() {
  pages=$run/public/trust
  crt=$run/public/-/authority.crt
  mkdir -p "$pages"
  cp "$crt" "$pages/authority.crt"
  port=$([ "$GATEWAY_PORT" = 443 ] || echo ":$GATEWAY_PORT")
  # By http, which a phone that does not trust the team can open too.
  entry="http://$domain:$GATEWAY_PORT/trust"
  [ -z "${GATEWAY_HTTP_PORT:-}" ] || entry="http://$domain:$GATEWAY_HTTP_PORT/trust"
  entry=$(printf '%s' "$entry" | sed 's|:80/|/|')
  fingerprint=$(openssl x509 -in "$crt" -noout -fingerprint -sha256 | cut -d= -f2)
  der=$(openssl x509 -in "$crt" -outform DER | openssl base64 -A)
  for file in index.en.html index.ko.html profile.mobileconfig; do
    sed -e "s|@TEAM@|$GATEWAY_TEAM|g" -e "s|@DOMAIN@|$domain|g" -e "s|@URL@|https://$domain$port|g" \
      -e "s|@URL_OTHER@|https://www.$domain$port|g" -e "s|@URL_GIT@|https://git.$domain$port|g" \
      -e "s|@FINGERPRINT@|$fingerprint|g" -e "s|@DER@|$der|g" \
      -e "s|@UUID_AUTHORITY@|$(uuid "authority $der")|g" -e "s|@UUID_PROFILE@|$(uuid "profile $der")|g" \
      "$conf/trust/$file" >"$pages/$file"
  done
  mv "$pages/profile.mobileconfig" "$pages/authority.mobileconfig"
  cp "$conf/trust/look.css" "$conf/trust/style.css" "$conf/trust/check.js" "$pages/"
  qrencode -t SVG -m 2 -o "$pages/code.svg" "$entry"
  echo "include $conf/trust.conf;" >trust.conf
}
