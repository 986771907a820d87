<?php

declare(strict_types=1);

use App\Database;
use App\Page;
use App\Visits;

require __DIR__ . '/../src/autoload.php';

$visits = null;
$trouble = 'no database is configured';
try {
    $database = Database::connect();
    if ($database !== null) {
        $visits = (new Visits($database))->count('home');
    }
} catch (PDOException $exception) {
    error_log($exception->getMessage());
    $trouble = 'the database does not answer';
}

$revision = Page::revision();
$member = getenv('MEMBER_NAME') ?: '';
?>
<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Our app</title>
  <link rel="icon" href="data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'><circle cx='8' cy='8' r='7' fill='%237c5cff'/></svg>">
  <style><?= Page::asset('style.css') ?></style>
</head>
<body>
  <main>
    <header>
      <p class="label" id="greeting">Hello</p>
      <h1>Our app works.</h1>
      <p class="lead">
        <?php if ($revision !== null) : ?>
          This is the live site. It changes with every push to <code>main</code> that passes its tests.
        <?php elseif ($member !== '') : ?>
          This is <?= Page::escape($member) ?>’s own copy. Nobody else sees what changes here until it is pushed.
        <?php else : ?>
          This is a working copy.
        <?php endif ?>
      </p>
    </header>

    <section class="facts">
      <article>
        <h2>Revision</h2>
        <p class="value"><?= Page::escape($revision ?? 'not released') ?></p>
        <p><?= $revision === null ? 'a workspace' : 'live since its tests passed' ?></p>
      </article>
      <article>
        <h2>Visits</h2>
        <p class="value"><?= Page::escape($visits === null ? '–' : Page::count($visits, 'visit')) ?></p>
        <p><?= Page::escape($visits === null ? $trouble : 'counted in the database') ?></p>
      </article>
      <article>
        <h2>PHP</h2>
        <p class="value"><?= Page::escape(PHP_VERSION) ?></p>
        <p>with <?= Page::count(count(get_loaded_extensions()), 'extension') ?></p>
      </article>
    </section>

    <section class="steps">
      <h2>Make it yours</h2>
      <ol>
        <li>Change something in <code>public/index.php</code> and reload your own copy.</li>
        <li>Run <code>phpunit</code> and <code>npm test</code>.</li>
        <li>Commit, and <code>git push -o ci.wait</code>. <code>README.md</code> tells the rest.</li>
      </ol>
    </section>
  </main>
  <script type="module"><?= Page::asset('app.js') ?></script>
</body>
</html>
