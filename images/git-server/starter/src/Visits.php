<?php

declare(strict_types=1);

namespace App;

use PDO;
use PDOException;

/** Counts the visits of a page in the database. */
final class Visits
{
    private const NO_SUCH_TABLE = '42S02';

    public function __construct(private readonly PDO $database)
    {
    }

    /** Counts one more, and returns how many there are. */
    public function count(string $page): int
    {
        try {
            return $this->add($page);
        } catch (PDOException $exception) {
            if ($exception->getCode() !== self::NO_SUCH_TABLE) {
                throw $exception;
            }
            // The live server migrates before each release; a member's own database may be new.
            Database::migrate($this->database);

            return $this->add($page);
        }
    }

    private function add(string $page): int
    {
        $this->database
            ->prepare('INSERT INTO visits VALUES (?, 1) ON DUPLICATE KEY UPDATE visits = visits + 1')
            ->execute([$page]);
        $visits = $this->database->prepare('SELECT visits FROM visits WHERE page = ?');
        $visits->execute([$page]);

        return (int) $visits->fetchColumn();
    }
}
