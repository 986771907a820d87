<?php

declare(strict_types=1);

namespace App\Tests;

use PHPUnit\Framework\TestCase;

final class HomePageTest extends TestCase
{
    public function testWorksWithoutADatabase(): void
    {
        putenv('DB_HOST');
        ob_start();
        require __DIR__ . '/../public/index.php';
        $html = (string) ob_get_clean();

        preg_match('~<h1>(.*?)</h1>~', $html, $heading);
        self::assertSame('Our app works.', $heading[1] ?? null);
        self::assertTrue(str_contains($html, 'no database is configured'), 'The page says what is missing.');
    }
}
