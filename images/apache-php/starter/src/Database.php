<?php

declare(strict_types=1);

namespace App;

use PDO;

/** Your own MariaDB. Every method throws a PDOException when the database does not answer. */
final class Database
{
    private function __construct(private readonly PDO $pdo)
    {
    }

    /** The address and the password are in the environment, so they never need to be in a file. */
    public static function connect(): self
    {
        $source = sprintf(
            'mysql:host=%s;port=%s;dbname=%s;charset=utf8mb4',
            getenv('DB_HOST'),
            getenv('DB_PORT'),
            getenv('DB_NAME'),
        );

        return new self(new PDO($source, getenv('DB_USER'), getenv('DB_PASSWORD'), [
            PDO::ATTR_TIMEOUT => 2, // seconds
            PDO::ATTR_EMULATE_PREPARES => false,
            PDO::ATTR_DEFAULT_FETCH_MODE => PDO::FETCH_ASSOC,
        ]));
    }

    /** For example "11.8.6", of the server's own "11.8.6-MariaDB-…". */
    public function version(): string
    {
        $version = $this->pdo->query('SELECT VERSION()')->fetchColumn();

        return explode('-', $version)[0];
    }

    /** Counts one more visit to a page and returns how many there were. */
    public function countVisit(string $page): int
    {
        $this->pdo->exec('CREATE TABLE IF NOT EXISTS visits (page VARCHAR(100) PRIMARY KEY, number INT NOT NULL)');

        // Values go into a statement only through placeholders, never by putting strings together.
        $this->pdo
            ->prepare('INSERT INTO visits (page, number) VALUES (?, 1) ON DUPLICATE KEY UPDATE number = number + 1')
            ->execute([$page]);
        $select = $this->pdo->prepare('SELECT number FROM visits WHERE page = ?');
        $select->execute([$page]);

        return (int) $select->fetchColumn();
    }
}
