/** How far a name may be from the one that was meant: two letters are wrong in eight, and one in less. */
const allowed = (name: string): number => (name.length < 8 ? 1 : 2);

/** Which of `known` somebody who wrote `name` most likely meant; undefined when none is near. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const plain = (text: string) => text.toLowerCase().replace(/[^a-z0-9]/g, "");
  const same = known.find((candidate) => plain(candidate) === plain(name));
  if (same !== undefined) return same;
  return known
    .map((candidate) => ({ candidate, far: distance(name, candidate) }))
    .filter(({ far }) => far <= allowed(name))
    .sort((a, b) => a.far - b.far)[0]?.candidate;
}

/** Letters to add, to leave out, to change or to swap with their neighbour until `a` is `b`. */
export function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 2) return Number.POSITIVE_INFINITY;
  let [before, row]: [number[], number[]] = [[], Array.from({ length: b.length + 1 }, (_, index) => index)];
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      const swapped =
        i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? (before[j - 2] as number) + 1 : 99;
      next[j] = Math.min((next[j - 1] as number) + 1, (row[j] as number) + 1, (row[j - 1] as number) + cost, swapped);
    }
    [before, row] = [row, next];
  }
  return row[b.length] as number;
}
