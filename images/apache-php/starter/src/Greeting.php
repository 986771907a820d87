<?php

declare(strict_types=1);

namespace App;

/** What the page says first. No database, no clock: everything comes in as an argument, which makes it easy to test. */
final class Greeting
{
    /** @param int $hour 0 to 23 */
    public static function at(int $hour, string $name): string
    {
        $words = match (true) {
            $hour < 5 => 'Still awake',
            $hour < 12 => 'Good morning',
            $hour < 18 => 'Good afternoon',
            default => 'Good evening',
        };

        return $name === '' ? $words : "$words, $name";
    }
}
