<?php

// Tells as JSON whether the database and the cache answer: {"database": true, "cache": null}. null: there is none.

declare(strict_types=1);

const TIMEOUT = 1; // second

function databaseAnswers(): bool
{
    $connection = mysqli_init();
    $connection->options(MYSQLI_OPT_CONNECT_TIMEOUT, TIMEOUT);
    $connection->options(MYSQLI_OPT_READ_TIMEOUT, TIMEOUT);
    try {
        @$connection->real_connect(
            getenv('DB_HOST'),
            getenv('DB_USER'),
            getenv('DB_PASSWORD'),
            getenv('DB_NAME'),
            (int) getenv('DB_PORT'),
        );

        return $connection->query('SELECT 1') !== false;
    } catch (mysqli_sql_exception) {
        return false;
    }
}

function cacheAnswers(): ?bool
{
    $host = getenv('REDIS_HOST');
    if ($host === false || $host === '') {
        return null;
    }
    try {
        $redis = new Redis();

        return @$redis->connect($host, 6379, TIMEOUT, null, 0, TIMEOUT) && $redis->ping() === true;
    } catch (RedisException) {
        return false;
    }
}

header('Content-Type: application/json');
header('Cache-Control: no-store');
echo json_encode(['database' => databaseAnswers(), 'cache' => cacheAnswers()]), "\n";
