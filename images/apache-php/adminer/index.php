<?php

// Adminer for the member's own server: server, user and first database are given, only the password is typed.

// With https, a cookie whose name begins so is taken from this host alone: no sibling site can set it.
const OWN = '__Host-';
const COOKIES = ['adminer_sid', 'adminer_key', 'adminer_permanent', 'adminer_settings', 'adminer_import'];

if (($_SERVER['HTTPS'] ?? '') === 'on') {
    $_COOKIE = array_filter($_COOKIE, fn ($name) => !str_starts_with($name, 'adminer_'), ARRAY_FILTER_USE_KEY);
    foreach (COOKIES as $name) {
        if (isset($_COOKIE[OWN . $name])) {
            $_COOKIE[$name] = $_COOKIE[OWN . $name];
        }
    }
    header_register_callback(function (): void {
        $cookies = preg_grep('~^Set-Cookie: *adminer_~i', headers_list()) ?: [];
        $others = preg_grep('~^Set-Cookie: *(?!adminer_)~i', headers_list()) ?: [];
        if ($cookies === []) {
            return;
        }
        header_remove('Set-Cookie');
        array_map(fn ($line) => header($line, false), $others);
        foreach ($cookies as $line) {
            $plain = preg_replace(['~^Set-Cookie: *~i', '~; *(path|domain)=[^;]*~i', '~; *secure~i'], '', $line);
            header('Set-Cookie: ' . OWN . $plain . '; Path=/; Secure', false);
        }
    });
}

// The gateway sends the password for whoever may see this database, and so nobody types it.
define('INTRODUCED', hash_equals((string) getenv('DB_PASSWORD'), $_SERVER['HTTP_X_MUSTER_DATABASE'] ?? ''));

// Begins the session as Adminer does, which then goes on with it: a session that is gone is made anew.
function isLoggedIn(string $server, string $user): bool
{
    if (!isset($_COOKIE['adminer_sid'])) {
        return false;
    }
    session_cache_limiter('');
    session_name('adminer_sid');
    $path = strtok($_SERVER['REQUEST_URI'], '?');
    session_set_cookie_params(0, $path, '', ($_SERVER['HTTPS'] ?? '') === 'on', true);
    session_start();

    return isset($_SESSION['pwds']['server'][$server][$user]);
}

if (INTRODUCED && $_SERVER['REQUEST_METHOD'] === 'GET') {
    $server = getenv('DB_HOST') . ':' . getenv('DB_PORT');
    if (!isLoggedIn($server, getenv('DB_USER'))) {
        $_POST['auth'] = [
            'driver' => 'server',
            'server' => $server,
            'username' => getenv('DB_USER'),
            'password' => getenv('DB_PASSWORD'),
            'db' => getenv('DB_NAME'),
        ];
    }
}

function adminer_object(): Adminer\Adminer
{
    // The methods carry no types, because Adminer's own lose theirs when it is packed into one file.
    return new class extends Adminer\Adminer {
        private function server(): string
        {
            return getenv('DB_HOST') . ':' . getenv('DB_PORT');
        }

        // Never the server that the address names: this page must not become a way to other hosts.
        public function credentials()
        {
            return [$this->server(), getenv('DB_USER'), Adminer\get_password()];
        }

        public function login($login, $password)
        {
            $given = Adminer\DRIVER === 'server' && Adminer\SERVER === $this->server() && $login === getenv('DB_USER');

            return $given ? parent::login($login, $password) : false;
        }

        // Wrong passwords of others do not count against who types none.
        public function bruteForceKey()
        {
            return INTRODUCED ? 'introduced' : parent::bruteForceKey();
        }

        public function loginFormField($name, $heading, $value)
        {
            return match ($name) {
                'driver' => '<input type="hidden" name="auth[driver]" value="server">',
                'server' => $this->givenField($name, $heading, $this->server()),
                'username' => $this->givenField($name, $heading, getenv('DB_USER')),
                'db' => $this->givenField($name, $heading, getenv('DB_NAME')),
                'password' => $heading . str_replace('<input ', '<input autofocus ', $value),
                default => parent::loginFormField($name, $heading, $value),
            };
        }

        // Keeps Adminer from asking its own site for a newer version every day.
        public function head($dark = null)
        {
            echo Adminer\script('verifyVersion = () => { };');
            // On a phone a wide table scrolls by itself, and the page is as wide as the screen.
            echo '<style>@media (max-width: 800px) { body { min-width: 0; } .scrollable { overflow-x: auto; }
                #breadcrumb { right: 0; overflow: auto hidden; } }</style>';

            return parent::head($dark);
        }

        private function givenField(string $name, string $heading, string $value): string
        {
            return $heading . '<input name="auth[' . $name . ']" value="' . Adminer\h($value) . '" readonly>';
        }
    };
}

require '/usr/share/adminer/adminer.php';
