<?php

declare(strict_types=1);

namespace App;

use PDO;

/** The database that the environment names. */
final class Database
{
    /** The tables, each statement safe to run again. A change of the schema is a new statement at the end. */
    private const MIGRATIONS = [
        'CREATE TABLE IF NOT EXISTS visits (page VARCHAR(100) PRIMARY KEY, visits INT UNSIGNED NOT NULL)',
    ];

    /** Null if no database is configured. */
    public static function connect(): ?PDO
    {
        if (!getenv('DB_HOST')) {
            return null;
        }
        $source = sprintf(
            'mysql:host=%s;port=%s;dbname=%s;charset=utf8mb4',
            getenv('DB_HOST'),
            getenv('DB_PORT') ?: '3306',
            getenv('DB_NAME'),
        );

        return new PDO($source, getenv('DB_USER') ?: '', getenv('DB_PASSWORD') ?: '', [
            PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION,
            PDO::ATTR_TIMEOUT => 2,
        ]);
    }

    public static function migrate(PDO $database): void
    {
        foreach (self::MIGRATIONS as $statement) {
            $database->exec($statement);
        }
    }
}
