<?php

// Adminer for the member's one database: server, user and database are given, only the password is typed.

function adminer_object(): Adminer\Adminer
{
    return new class extends Adminer\Adminer {
        private function server(): string
        {
            return getenv('DB_HOST') . ':' . getenv('DB_PORT');
        }

        // Never the server that the address names: this page must not become a way to other hosts.
        public function credentials(): array
        {
            return [$this->server(), getenv('DB_USER'), Adminer\get_password()];
        }

        public function login(string $login, string $password)
        {
            return Adminer\DRIVER === 'server' && $login === getenv('DB_USER')
                ? parent::login($login, $password)
                : false;
        }

        public function databases(bool $flush = true): array
        {
            return [getenv('DB_NAME')];
        }

        public function loginFormField(string $name, string $heading, string $value): string
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

        // Without Adminer's daily look for a newer version on its own site.
        public function head(?bool $dark = null): bool
        {
            echo Adminer\script('verifyVersion = () => { };');

            return parent::head($dark);
        }

        private function givenField(string $name, string $heading, string $value): string
        {
            $autocomplete = $name === 'username' ? ' autocomplete="username"' : '';

            return $heading . '<input name="auth[' . $name . ']" value="' . Adminer\h($value) . '"' . $autocomplete . ' readonly>';
        }
    };
}

require '/usr/share/adminer/adminer.php';
