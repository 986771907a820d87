# What visitors connect to: every server includes listen.conf.
render_listeners() {
  default GATEWAY_SCHEME http
  case $GATEWAY_SCHEME in
    http) scheme_port=80 ;;
    https) scheme_port=443 ;;
    *) fail "GATEWAY_SCHEME=\"$GATEWAY_SCHEME\" is not a scheme: give http, or https when TLS ends in front of the gateway" ;;
  esac
  word SCHEME "$GATEWAY_SCHEME"
  word SCHEME_PORT "$scheme_port"
  echo 'listen 8080;' >listen.conf
}
