<?php

declare(strict_types=1);

// Composer's autoloader once there are packages; until then a few lines do the same for src/.
if (is_file(__DIR__ . '/../vendor/autoload.php')) {
    require __DIR__ . '/../vendor/autoload.php';
} else {
    spl_autoload_register(static function (string $class): void {
        $file = __DIR__ . '/' . str_replace('\\', '/', substr($class, strlen('App\\'))) . '.php';
        if (str_starts_with($class, 'App\\') && is_file($file)) {
            require $file;
        }
    });
}
