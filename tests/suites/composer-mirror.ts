/**
 * Installs by a lock whose addresses are out of reach, from a mirror that has the same commit; then by one that names
 * another commit, which no mirror may stand in for. Prints what was installed, and the second's status.
 */
export const MIRRORED = `set -eu
cd "$(mktemp -d)"
mkdir mirror project
python3 -u -m http.server 0 --bind 127.0.0.1 --directory mirror > said 2>&1 &
trap "kill $!" EXIT
until port=$(grep -oP "port \\K\\d+" said); do sleep 0.05; done
python3 - "$port" << 'END'
import json, sys, zipfile
lib = {"name": "acme/lib", "version": "1.0.0", "autoload": {"files": ["word.php"]}}
with zipfile.ZipFile("mirror/lib.zip", "w") as archive:
    archive.writestr("lib/composer.json", json.dumps(lib))
    archive.writestr("lib/word.php", "<?php echo 'from the mirror';")
dist = {"type": "zip", "url": f"http://127.0.0.1:{sys.argv[1]}/lib.zip", "reference": "a" * 40}
json.dump({"packages": {"acme/lib": {"1.0.0": {**lib, "dist": dist}}}}, open("mirror/packages.json", "w"))
json.dump({"require": {"acme/lib": "1.0.0"}}, open("project/composer.json", "w"))
END
export COMPOSER_HOME=$PWD/home COMPOSER_CACHE_DIR=$PWD/cache COMPOSER_NO_INTERACTION=1
/usr/local/lib/muster/composer/install "http://127.0.0.1:$port" "$PWD/home"
cd project
composer update --quiet --no-install
sed -i "s|http://127.*zip|https://packages.invalid/lib.zip|" composer.lock
cp composer.lock made-elsewhere
composer install --quiet
php -r 'require "vendor/autoload.php";'
cmp composer.lock made-elsewhere
sed -i "s/a\\{40\\}/$(printf b%.0s $(seq 40))/" composer.lock
rm -r vendor
composer install > said 2>&1 && echo "; installed" || echo "; $(grep -o "while downloading https://packages.invalid/lib.zip" said | head -n 1)"`;
