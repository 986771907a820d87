import { expect, test } from "@jest/globals";

const { watcher } = require("../../../images/code-server/disk.cjs") as {
  watcher(options: {
    folders: Record<string, string>;
    statfs: (folder: string) => Promise<{ blocks: number; bfree: number; bavail: number }>;
    say: (text: string | undefined) => void;
  }): () => Promise<void>;
};

/** 5 % of the disk are for root alone, as on ext4. */
const disk = (percent: number) => ({ blocks: 1000, bfree: 50 + 9.5 * (100 - percent), bavail: 9.5 * (100 - percent) });

test("a warning at 85 and at 95 per cent, once each; none any more when there is room", async () => {
  const said: (string | undefined)[] = [];
  const full: Record<string, number> = { "/h": 84, "/w": 10 };
  const look = watcher({
    folders: { home: "/h", workspace: "/w" },
    statfs: async (folder) => disk(full[folder] as number),
    say: (text) => said.push(text),
  });
  for (const percent of [84, 85, 90, 95, 100, 50, 86]) {
    full["/h"] = percent;
    await look();
  }
  const line = (percent: number) => expect.stringContaining(`the disk of your home is ${percent} % full.`);
  expect(said).toEqual([line(85), line(95), undefined, line(86)]);
});

test("two volumes on one disk are one warning, on two disks both are named", async () => {
  const said: (string | undefined)[] = [];
  const full: Record<string, number> = { "/h": 90, "/w": 90 };
  const options = {
    folders: { home: "/h", workspace: "/w" },
    statfs: async (folder: string) => disk(full[folder] as number),
    say: (text: string | undefined) => said.push(text),
  };
  await watcher(options)();
  full["/w"] = 97;
  await watcher(options)();
  expect(said).toEqual([
    expect.stringMatching(/^the disk of your home is 90 % full\./),
    expect.stringMatching(/^the disk of your home is 90 % full, and the disk of your workspace is 97 % full\./),
  ]);
});
