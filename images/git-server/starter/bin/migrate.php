<?php

declare(strict_types=1);

use App\Database;

require __DIR__ . '/../src/autoload.php';

$database = Database::connect();
if ($database === null) {
    echo "No database is configured: there is nothing to bring up to date.\n";
    exit(0);
}
Database::migrate($database);
echo "The database is up to date.\n";
