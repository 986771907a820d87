<?php

// Adminer for the member's own server: server, user and first database are given, only the password is typed.

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

            return parent::head($dark);
        }

        private function givenField(string $name, string $heading, string $value): string
        {
            return $heading . '<input name="auth[' . $name . ']" value="' . Adminer\h($value) . '" readonly>';
        }
    };
}

require '/usr/share/adminer/adminer.php';
