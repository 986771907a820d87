import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { credentials } from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { LanguageRuntimeClient } from "@pulumi/pulumi/proto/language_grpc_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { findProject } from "../../cli/project";
import { loadProgram, type Program } from "../../cli/pulumi/program";
import { eventually } from "../support/poll";

describe("the program, loaded for Pulumi", () => {
  let folder: string;
  let program: Program | undefined;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "muster-program-"));
  });
  afterEach(() => {
    program?.stop();
    rmSync(folder, { recursive: true });
  });

  const begin = (text: string) => {
    writeFileSync(join(folder, "program.ts"), text);
    // Packages are found from the project's folder.
    const nodeArgs = findProject().nodeArgs.map((arg) => (arg === "sucrase/register/ts" ? require.resolve(arg) : arg));
    program = loadProgram({ root: folder, main: "program.ts", nodeArgs });
    return program;
  };
  const ask = <T>(address: string, question: (client: LanguageRuntimeClient, done: Done<T>) => unknown) => {
    const client = new LanguageRuntimeClient(address, credentials.createInsecure());
    return new Promise<T>((resolve, reject) => {
      question(client, (error, answer) => (error ? reject(error) : resolve(answer)));
    }).finally(() => client.close());
  };
  /** Whether anything listens there. */
  const listens = (address: string) =>
    new Promise<boolean>((resolve) => {
      const socket = connect(Number(address.split(":")[1]), "127.0.0.1");
      socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
      socket.unref();
    });

  test("is led to before it listens, and gone afterwards", async () => {
    const address = await begin("export = () => ({})").serve({});
    const info = await ask<{ getVersion(): string }>(address, (client, done) =>
      client.getPluginInfo(new Empty(), done),
    );
    expect(info.getVersion()).toBe("1.0.0");
    program?.stop();
    await eventually("the end of the program", async () => !(await listens(address)));
  });
});

type Done<T> = (error: Error | null, answer: T) => void;
