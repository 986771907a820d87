# Functions for entry points (POSIX sh, to be sourced): how MariaDB's clients log in.

# option NAME VALUE: a line of a MariaDB option file.
option() {
  printf '%s="%s"\n' "$1" "$(printf '%s' "$2" | sed 's/[\\"]/\\&/g')"
}

# The network between client and server is the member's own, so that the server's certificate need not be checked.
database_login() {
  echo '[client]'
  option host "$DB_HOST"
  option port "$DB_PORT"
  option user "$DB_USER"
  option password "$DB_PASSWORD"
  echo 'ssl-verify-server-cert=off'
  echo '[mariadb-client]'
  option database "$DB_NAME"
}
