<?php

// Tells as JSON how full the volumes are, in bytes, and which of the editor's extensions are not there:
// {"disk": {"workspace": {"used": 1, "size": 9, "free": 8}, …}, "extensions": []}. used: null where nobody has counted.
// What only other containers know, they have written down: the editor into files of the workspace, the database into a
// table.

declare(strict_types=1);

const WORKSPACE = '/workspace';
const DISK = WORKSPACE . '/.muster/disk';
const EXTENSIONS = WORKSPACE . '/.muster/extensions';

/** @return array{used: ?int, size: int, free: int}|null of a line "used size free" */
function usage(string $line): ?array
{
    if (!preg_match('/^(\d+|-) (\d+) (\d+)$/D', trim($line), $found)) {
        return null;
    }

    return ['used' => $found[1] === '-' ? null : (int) $found[1], 'size' => (int) $found[2], 'free' => (int) $found[3]];
}

/** How full the disk below a folder is at this moment, and what is in it if that is counted within so many seconds. */
function now(string $folder, string $patience): ?array
{
    $line = exec("DISK_USAGE_PATIENCE=$patience disk-usage " . escapeshellarg($folder));

    return usage(explode(' ', (string) $line, 2)[1] ?? '');
}

function database(): ?array
{
    $connection = mysqli_init();
    $connection->options(MYSQLI_OPT_CONNECT_TIMEOUT, 1);
    $connection->options(MYSQLI_OPT_READ_TIMEOUT, 1);
    try {
        @$connection->real_connect(
            getenv('DB_HOST'),
            getenv('DB_USER'),
            getenv('DB_PASSWORD'),
            null,
            (int) getenv('DB_PORT'),
        );
        $row = $connection->query('SELECT bytes FROM mysql.muster_disk')->fetch_row();

        return $row === null ? null : usage($row[0]);
    } catch (mysqli_sql_exception $error) {
        // The server waits for room, and says so in its place.
        return $error->getCode() === 1021 ? ['used' => null, 'size' => 1, 'free' => 0] : null;
    }
}

$found = [];
$releases = getenv('RELEASES_ROOT');
if ($releases !== false && $releases !== '') {
    $found = ['releases' => now($releases, '1'), 'shared' => now((string) getenv('SHARED_ROOT'), '1')];
} else {
    foreach (@file(DISK, FILE_IGNORE_NEW_LINES) ?: [] as $line) {
        [$folder, $figures] = explode(' ', $line, 2) + ['', ''];
        $found[$folder === WORKSPACE ? 'workspace' : 'home'] = usage($figures);
    }
    // The file may be old, the more so on a full disk.
    $current = now(WORKSPACE, '0.001');
    if ($current !== null) {
        $found['workspace'] = ['used' => $found['workspace']['used'] ?? $current['used']] + $current;
    }
}
$found['database'] = database();

header('Content-Type: application/json');
header('Cache-Control: no-store');
$missing = $releases === false || $releases === '' ? @file(EXTENSIONS, FILE_IGNORE_NEW_LINES) : false;
echo json_encode(['disk' => (object) array_filter($found), 'extensions' => $missing ?: []]), "\n";
