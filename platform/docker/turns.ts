import type * as pulumi from "@pulumi/pulumi";

/** Resources that are made a few at a time. */
export interface Turns {
  /** `value`, once fewer than the given number are being made. A plain promise: Pulumi sees no dependency in it. */
  next<T>(value: T): T | Promise<T>;
  /** The resource that was given what `next` answered. */
  taken(resource: pulumi.Resource): void;
}

/** @param atOnce resources */
export function createTurns(atOnce: number): Turns {
  const made: pulumi.Resource[] = [];
  return {
    next(value) {
      const before = made.at(-atOnce);
      if (before === undefined || made.length < atOnce) return value;
      return new Promise((done) => before.urn.apply(() => done(value)));
    },
    taken: (resource) => made.push(resource),
  };
}
