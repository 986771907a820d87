<?php

// Loads App\Name from src/Name.php. After "composer install" Composer's loader does it, for your packages as well.

declare(strict_types=1);

if (is_file(__DIR__ . '/../vendor/autoload.php')) {
    require __DIR__ . '/../vendor/autoload.php';
} else {
    spl_autoload_register(static function (string $class): void {
        if (str_starts_with($class, 'App\\')) {
            $file = __DIR__ . '/' . str_replace('\\', '/', substr($class, strlen('App\\'))) . '.php';
            if (is_file($file)) {
                require $file;
            }
        }
    });
}
