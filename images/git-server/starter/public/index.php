<?php

declare(strict_types=1);

use App\Database;
use App\Page;
use App\Visits;

require __DIR__ . '/../src/autoload.php';

$visits = null;
$trouble = 'No database is configured.';
try {
    $database = Database::connect();
    if ($database !== null) {
        $visits = (new Visits($database))->count('home');
    }
} catch (PDOException $exception) {
    error_log($exception->getMessage());
    $trouble = 'The database does not answer.';
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
  <style><?= Page::asset('style.css') ?></style>
</head>
<body>
  <main>
    <p class="greeting" id="greeting">Hello</p>
    <h1>It works.</h1>
    <p>
      <?php if ($revision !== null) : ?>
        This is the live site, at revision <code><?= Page::escape($revision) ?></code>.
      <?php elseif ($member !== '') : ?>
        This is <?= Page::escape($member) ?>’s own copy. Only they see what changes here.
      <?php else : ?>
        This is a working copy.
      <?php endif ?>
    </p>
    <p class="card">
      <?php if ($visits !== null) : ?>
        <strong id="visits"><?= Page::escape(Page::visits($visits)) ?></strong> counted in the database.
      <?php else : ?>
        <?= Page::escape($trouble) ?> Everything else works.
      <?php endif ?>
    </p>
    <p>Change <code>public/index.php</code>, reload, and push when you like it. <code>README.md</code> tells the rest.</p>
  </main>
  <script type="module"><?= Page::asset('app.js') ?></script>
</body>
</html>
