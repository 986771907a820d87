# Certificates of an ACME server, by lego. Account and certificates are in the volume.

acme=/var/lib/acme

acme_settings() {
  require GATEWAY_ACME_EMAIL GATEWAY_ACME_DIRECTORY
  default GATEWAY_ACME_DNS ''
  [ -n "$GATEWAY_ACME_DNS" ] || require GATEWAY_NAMES
}
certify_acme() { :; }
renew_acme() { :; }
