<?php

declare(strict_types=1);

namespace App\Tests;

use App\Greeting;
use PHPUnit\Framework\Attributes\CoversClass;
use PHPUnit\Framework\Attributes\TestWith;
use PHPUnit\Framework\TestCase;

#[CoversClass(Greeting::class)]
final class GreetingTest extends TestCase
{
    #[TestWith([0, 'Still awake, Alice'])]
    #[TestWith([4, 'Still awake, Alice'])]
    #[TestWith([5, 'Good morning, Alice'])]
    #[TestWith([12, 'Good afternoon, Alice'])]
    #[TestWith([18, 'Good evening, Alice'])]
    #[TestWith([23, 'Good evening, Alice'])]
    public function testGreetsByTheHour(int $hour, string $expected): void
    {
        self::assertSame($expected, Greeting::at($hour, 'Alice'));
    }

    public function testLeavesOutAnEmptyName(): void
    {
        self::assertSame('Good morning', Greeting::at(9, ''));
    }
}
