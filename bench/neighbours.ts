import type { Progress } from "../cli/progress";
import { formatTable } from "../cli/table";
import type { Docker } from "../cli/tools/docker";
import { capture } from "../cli/tools/process";
import { quantile, series } from "../tests/support/series";
import { PORT, TEAM } from "./team";

/** What one member does in their editor while another one's site is asked. */
const LOADS = {
  nothing: "true",
  "a fork storm": "for i in $(seq 5000); do sleep 20 & done",
  "a memory hog": "for i in 1 2 3; do python3 -c 'x = [bytearray(100 << 20) for _ in range(40)]'; done",
  "a full disk": "for i in 1 2 3; do dd if=/dev/zero of=/workspace/fill bs=1M count=1500; rm /workspace/fill; done",
} as const;

/** Requests of one series. */
const REQUESTS = 300;

export interface NeighbourFigures {
  readonly load: string;
  /** Milliseconds. */
  readonly median: number;
  readonly p99: number;
  /** Answers other than 200. */
  readonly failed: number;
}

/** How a member's site answers while another member runs wild; a team of two is up. */
export async function measureNeighbours(docker: Docker, progress: Progress): Promise<NeighbourFigures[]> {
  const figures: NeighbourFigures[] = [];
  for (const [load, script] of Object.entries(LOADS)) {
    await progress.step(`m2's site during ${load} of m1`, async () => {
      const wild = capture("docker", ["exec", `${TEAM}-m1-code`, "bash", "-c", `(${script}) > /dev/null 2>&1`], {
        env: docker.env,
      });
      const { times, failed } = await series(`http://m2.localhost:${PORT}/`, (count) => count === REQUESTS);
      figures.push({ load, median: quantile(times, 0.5), p99: quantile(times, 0.99), failed });
      await wild;
    });
  }
  return figures;
}

export const reportNeighbours = (figures: readonly NeighbourFigures[]): string =>
  formatTable([
    ["M2'S SITE DURING", "MEDIAN ms", "P99 ms", "FAILED"],
    ...figures.map(({ load, median, p99, failed }) => [load, median.toFixed(1), p99.toFixed(1), String(failed)]),
  ]);
