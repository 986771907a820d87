/** An IPv4 block as its first and last address. */
function range(cidr: string): [number, number] | undefined {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(cidr);
  if (!match) return undefined;
  const [a, b, c, d, bits] = match.slice(1).map(Number) as [number, number, number, number, number];
  const size = 2 ** (32 - bits);
  const address = a * 2 ** 24 + b * 2 ** 16 + c * 2 ** 8 + d;
  const first = address - (address % size);
  return [first, first + size - 1];
}

/** Whether two blocks share an address. IPv6 blocks never meet the team's. */
export function overlaps(a: string, b: string): boolean {
  const [left, right] = [range(a), range(b)];
  return left !== undefined && right !== undefined && left[0] <= right[1] && right[0] <= left[1];
}
