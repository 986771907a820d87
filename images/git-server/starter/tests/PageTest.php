<?php

declare(strict_types=1);

namespace App\Tests;

use App\Page;
use PHPUnit\Framework\TestCase;

final class PageTest extends TestCase
{
    public function testEscapesWhatIsSpecialInHtml(): void
    {
        self::assertSame('&lt;b&gt; &amp; &quot;c&quot;', Page::escape('<b> & "c"'));
    }

    public function testCountsInWords(): void
    {
        self::assertSame('1 visit', Page::count(1, 'visit'));
        self::assertSame('1,234 visits', Page::count(1234, 'visit'));
    }

    public function testShowsTheFrontEnd(): void
    {
        self::assertStringContainsString('greeting', Page::asset('app.js'));
    }

    public function testHasNoRevisionInAWorkspace(): void
    {
        self::assertNull(Page::revision());
    }
}
