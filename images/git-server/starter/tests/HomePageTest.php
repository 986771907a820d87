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

        self::assertStringContainsString('<h1>Our app works.</h1>', $html);
        self::assertStringContainsString('no database is configured', $html);
    }
}
