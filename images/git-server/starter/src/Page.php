<?php

declare(strict_types=1);

namespace App;

/** Small helpers for templates. */
final class Page
{
    /** Text for HTML. */
    public static function escape(string $text): string
    {
        return htmlspecialchars($text, ENT_QUOTES | ENT_SUBSTITUTE, 'UTF-8');
    }

    /** "1 visit", "1,234 visits". */
    public static function count(int $number, string $thing): string
    {
        return number_format($number) . " $thing" . ($number === 1 ? '' : 's');
    }

    /** A file of the front end: as the build made it, or the source if there was no build. */
    public static function asset(string $name): string
    {
        $root = dirname(__DIR__);
        $built = "$root/dist/$name";

        return (string) file_get_contents(is_file($built) ? $built : "$root/frontend/$name");
    }

    /** The released revision, 12 characters of it; null in a workspace. */
    public static function revision(): ?string
    {
        $file = dirname(__DIR__) . '/REVISION';

        return is_file($file) ? substr(trim((string) file_get_contents($file)), 0, 12) : null;
    }
}
