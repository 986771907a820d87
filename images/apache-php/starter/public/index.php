<?php

// The first page of your site. Change something, save, and reload the page in the browser.

declare(strict_types=1);

use App\Database;
use App\Greeting;

require __DIR__ . '/../src/autoload.php';

/** Makes any text safe to stand in HTML. Everything that is not written in this file goes through it. */
function e(string $text): string
{
    return htmlspecialchars($text, ENT_QUOTES);
}

$name = getenv('MEMBER_NAME') ?: '';
$cacheIsOn = (bool) getenv('REDIS_HOST');
$host = $_SERVER['HTTP_HOST'] ?? 'localhost';

try {
    $database = Database::connect();
    $version = $database->version();
    $visits = $database->countVisit('home');
    $problem = null;
} catch (PDOException $exception) {
    http_response_code(500);
    $problem = $exception->getMessage();
}
?>
<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title><?= e($name === '' ? 'My site' : $name) ?></title>
  <link rel="icon" href="data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'><circle cx='8' cy='8' r='7' fill='%237c5cff'/></svg>">
  <link rel="stylesheet" href="style.css">
</head>
<body>
  <main>
    <header>
      <p class="label">Your own server</p>
      <h1><?= e(Greeting::at((int) date('G'), $name)) ?>.</h1>
      <p class="lead">This page runs on a web server and a database that are yours alone. Change what you like: nobody else works on these files.</p>
      <nav>
        <a class="button" href="//code-<?= e($host) ?>/">Open the editor</a>
        <a class="button quiet" href="//db-<?= e($host) ?>/">Browse the database</a>
      </nav>
    </header>

    <?php if ($problem !== null): ?>
      <section class="problem" role="alert">
        <h2>The database does not answer</h2>
        <p><code><?= e($problem) ?></code></p>
        <p>Just started? It needs a few seconds: reload the page. Otherwise look at <code>src/Database.php</code>, where this page connects to it.</p>
      </section>
    <?php endif ?>

    <section class="facts">
      <article>
        <h2>PHP</h2>
        <p class="value"><?= e(PHP_VERSION) ?></p>
        <p>with <?= count(get_loaded_extensions()) ?> extensions</p>
      </article>
      <?php if ($problem === null): ?>
        <article>
          <h2>MariaDB</h2>
          <p class="value"><?= e($version) ?></p>
          <p>table <code>visits</code> in <code><?= e(getenv('DB_NAME')) ?></code></p>
        </article>
        <article>
          <h2>Visits</h2>
          <p class="value"><?= $visits ?></p>
          <p>counted in your database</p>
        </article>
      <?php endif ?>
      <article>
        <h2>Cache</h2>
        <p class="value"><?= $cacheIsOn ? 'on' : 'off' ?></p>
        <p><?= $cacheIsOn ? 'sessions live in Redis' : 'sessions live in files' ?></p>
      </article>
    </section>

    <section class="steps">
      <h2>Make it yours</h2>
      <ol>
        <li>Open <code>public/index.php</code> in the editor and change the words above.</li>
        <li>Save and reload this page. There is nothing to build or restart.</li>
        <li>Run <code>phpunit</code> in the editor’s terminal. It checks <code>src/Greeting.php</code>.</li>
      </ol>
    </section>
  </main>
</body>
</html>
