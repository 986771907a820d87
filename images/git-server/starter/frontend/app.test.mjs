import assert from "node:assert/strict";
import { test } from "node:test";
import { greeting } from "./app.js";

test("greets by the hour", () => {
  assert.equal(greeting(3), "Still awake?");
  assert.equal(greeting(5), "Good morning");
  assert.equal(greeting(12), "Good afternoon");
  assert.equal(greeting(23), "Good evening");
});
