import { expect, test } from "@jest/globals";
import * as pulumi from "@pulumi/pulumi";
import { createTurns } from "../../../platform/docker/turns";

test("a resource waits until the one before the last few is made, and depends on none", async () => {
  const made: (() => void)[] = [];
  const resource = () => ({ urn: pulumi.output(new Promise<string>((done) => made.push(() => done("urn")))) });
  const turn = createTurns(2);
  const begun: string[] = [];
  const begin = (name: string) => {
    const value = turn.next(name);
    turn.taken(resource() as pulumi.Resource);
    void Promise.resolve(value).then((begins) => begun.push(begins));
    return value;
  };
  const settled = () => new Promise((done) => setImmediate(done));

  expect(["a", "b"].map(begin)).toEqual(["a", "b"]);
  const third = begin("c");
  expect(pulumi.Output.isInstance(third)).toBe(false);
  begin("d");
  await settled();
  expect(begun).toEqual(["a", "b"]);
  made[0]?.();
  expect(await third).toBe("c");
  await settled();
  expect(begun).toEqual(["a", "b", "c"]);
  made[1]?.();
  await settled();
  await settled();
  expect(begun).toEqual(["a", "b", "c", "d"]);
});
