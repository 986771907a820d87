-- What code has written in works as well: root without a password. Nobody but the build itself reaches the server.
CREATE DATABASE app;
CREATE USER app@'%' IDENTIFIED BY 'app';
GRANT ALL PRIVILEGES ON *.* TO app@'%' WITH GRANT OPTION;
CREATE USER root@'%' IDENTIFIED VIA mysql_native_password USING PASSWORD('') OR mysql_native_password USING PASSWORD('root');
GRANT ALL PRIVILEGES ON *.* TO root@'%' WITH GRANT OPTION;
