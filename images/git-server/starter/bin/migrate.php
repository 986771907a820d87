<?php

declare(strict_types=1);

use App\Database;

require __DIR__ . '/../src/autoload.php';

$database = Database::connect();
if ($database === null) {
    fwrite(STDERR, "No database is configured: set DB_HOST and the other DB_ variables.\n");
    exit(1);
}
Database::migrate($database);
echo "The database is up to date.\n";
