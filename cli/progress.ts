/** Where progress is written: standard error by default, so that standard output only holds results. */
export interface ProgressOutput {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

/** Shows what a step is at; the last text is part of the heartbeat. */
export type Detail = (text: string) => void;

export interface Progress {
  /**
   * Runs `work` as one step: a line with the elapsed time when it ends. Until then a terminal shows a spinner; anything
   * else gets a line at the start of a step that turns out to be long, and one every 10 s.
   */
  step<T>(title: string, work: (detail: Detail) => Promise<T>, result?: (value: T) => string): Promise<T>;
  /** A line of its own. */
  note(text: string): void;
  warn(text: string): void;
}

const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const SPINNER_INTERVAL = 100;
const HEARTBEAT = 10_000;
const DETAIL_WIDTH = 90;
const CLEAR_LINE = "\r\x1b[2K";

export function createProgress(output: ProgressOutput = process.stderr): Progress {
  /** In place of the spinner of a step that goes on. */
  const line = (text: string) => output.write(`${output.isTTY ? CLEAR_LINE : ""}${text}\n`);
  return {
    async step(title, work, result) {
      const started = performance.now();
      const elapsed = () => formatElapsed(performance.now() - started);
      let detail = "";
      const timer = output.isTTY
        ? spinner(output, () => `${title}, ${elapsed()}${detail && `: ${detail}`}`)
        : setInterval(() => line(`… ${title}, ${elapsed()}${detail && `: ${detail}`}`), HEARTBEAT);
      const end = (text: string) => {
        clearInterval(timer);
        line(text);
      };
      try {
        const value = await work((text) => {
          detail = clip(text.trim().replace(/\s+/g, " "), DETAIL_WIDTH);
        });
        end(`✔ ${title}${result ? `: ${result(value)}` : ""} (${elapsed()})`);
        return value;
      } catch (error) {
        end(`✘ ${title} (${elapsed()})`);
        throw error;
      }
    },
    note: line,
    warn: (text) => line(`! ${text}`),
  };
}

function spinner(output: ProgressOutput, text: () => string): NodeJS.Timeout {
  let frame = 0;
  return setInterval(() => {
    const shown = clip(text(), (output.columns ?? 80) - 3);
    output.write(`${CLEAR_LINE}${FRAMES[frame++ % FRAMES.length]} ${shown}`);
  }, SPINNER_INTERVAL);
}

const clip = (text: string, width: number): string => (text.length > width ? `${text.slice(0, width - 1)}…` : text);

/** `0.4 s`, `12 s`, `3 min 5 s`. */
export function formatElapsed(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
