import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/** A secret that nobody guesses: 256 bits. */
export const token = () => randomBytes(32).toString("base64url");

/**
 * What is stored in a token's place.
 *
 * @param {string} text
 * @param {"base64url" | "hex"} [encoding]
 */
export const digest = (text, encoding = "base64url") => createHash("sha256").update(text).digest(encoding);

/** What a token looks like. */
export const TOKEN = /^[\w-]{43}$/;

/**
 * Whether two texts are the same; how long that takes says nothing about them.
 *
 * @param {string} a
 * @param {string} b
 */
export function same(a, b) {
  return timingSafeEqual(Buffer.from(digest(a)), Buffer.from(digest(b)));
}
