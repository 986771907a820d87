import type { Readable, Writable } from "node:stream";
import type { Component } from "../../config/catalogue";
import type { Team } from "../../config/members";
import { UserError } from "../errors";
import type { Progress } from "../progress";
import type { Stack } from "../project";
import type { Result } from "../tools/process";
import type { EngineName, ExportEngine } from "./engines";

/** A container or pod, as far as the commands need to know it. */
export interface Instance {
  /** As its own platform's tools take it. */
  readonly name: string;
  /** `muster.member`; undefined for the team's own. */
  readonly member: string | undefined;
  /** `muster.component` */
  readonly component: string;
  readonly running: boolean;
  /** For people: `Up 2 hours (healthy)`. */
  readonly status: string;
}

/** The instance of a component, if it runs; `member` is undefined for the team's own. */
export const runningInstance = (
  instances: readonly Instance[],
  member: string | undefined,
  component: Component,
): Instance | undefined =>
  instances.find((each) => each.member === member && each.component === component && each.running);

/** Where a request reaches the gateway. */
export interface GatewayAddress {
  readonly address: string;
  readonly port: number;
  /** Whether the gateway itself encrypts there. */
  readonly tls: boolean;
  /** The authority, as PEM, that has to vouch for the gateway. By default whom this machine trusts. */
  readonly authority?: string;
}

/** Finds where the gateway is reached at this moment; undefined while it is not reached at all. */
export type FindGateway = () => Promise<GatewayAddress | undefined>;

export interface Streams {
  readonly input?: Readable;
  readonly output?: Writable;
}

/** What a target knows of the command that opens it. */
export interface TargetContext {
  readonly stack: Stack;
  /** Team id. */
  readonly team: string;
  readonly progress: Progress;
  /** What follows an `npm run` command to mean this stack. */
  readonly options: string;
  /** Whether what is missing on this machine is installed and started. */
  readonly mayInstall: boolean;
}

/**
 * Where a team's environment runs, as the commands see it: they are written once against this. One is opened for each
 * command, and `running` is how it was then.
 */
export interface Target {
  /** What applies the export, where Pulumi cannot be had. */
  readonly exporter: ExportEngine;
  /** The engine that made what is there; undefined when there is nothing. */
  readonly running: EngineName | undefined;
  /** What an instance is called here. */
  readonly instanceTitle: string;

  /**
   * Looks for what would stop the environment half-way, before anything is created.
   *
   * @throws UserError that lists every problem with its remedy
   */
  preflight(team: Team): Promise<void>;
  /** Why Pulumi cannot work here, whether or not it is installed; undefined where it can. */
  pulumiObstacle(): Promise<string | undefined>;
  /** Variables with which Pulumi's plugins reach what they work on. */
  pulumiEnv(): Promise<NodeJS.ProcessEnv>;
  /** Brings the environment up through the Pulumi CLI. */
  pulumiUp(team: Team, binary: string): Promise<void>;
  /** Brings the environment up from its export. */
  exportUp(team: Team): Promise<void>;
  /** Takes down what `exportUp` made; data stays. */
  exportDown(): Promise<void>;
  /** Ends every container at once, for an engine that would end a few at a time. */
  hurryDown(): Promise<void>;
  /**
   * Whether an engine may forget what it has deleted, if it is interrupted: deleting it again succeeds, and bringing the
   * environment up finds out that it is gone.
   */
  readonly deletesAgain: boolean;
  /**
   * Removes what carries the team's label, whoever made it; data stays.
   *
   * @returns names of what was removed
   */
  sweep(): Promise<string[]>;
  /** Removes what interrupted work has left outside of the environment. */
  tidy(): Promise<void>;

  /** Names of the team's data volumes, sorted. */
  volumes(): Promise<string[]>;
  removeVolumes(names: readonly string[]): Promise<void>;
  /** Removes the images that Muster built; undefined where they are out of reach. */
  readonly removeImages: (() => Promise<void>) | undefined;

  /** What is handed out of the roster, as sha256sum prints it: `digest  component/NAME`. Empty until it is written. */
  handedOut(): Promise<string[]>;
  /** Has what was changed of the roster shown to these components sooner than the platform does by itself. */
  hurryRoster(components: readonly string[]): Promise<void>;

  /** The team's containers or pods, as they are now. */
  instances(): Promise<Instance[]>;
  /** What the instances lack, a line for each kind. */
  shortcomings(): Promise<string[]>;
  /** The last lines of an instance's log. */
  logs(instance: Instance, tail: number): Promise<string[]>;
  /** Runs a program in an instance. */
  exec(instance: Instance, command: readonly string[], input: string): Promise<Result>;
  /** Runs a program in an instance, with streams as its input and output; the result has no `stdout`. */
  pipe(instance: Instance, command: readonly string[], streams: Streams): Promise<Result>;

  /** Gives what runs the limits that its engine cannot state. */
  limit(): Promise<void>;
  /** Keeps the gateway within reach while `use` runs. */
  withGateway<T>(team: Team, use: (find: FindGateway) => Promise<T>): Promise<T>;
  /** How people reach the gateway, where its address does not say it. */
  access(team: Team): Promise<string | undefined>;
}

/** What is up was made from another stack or folder, and would be replaced piece by piece. */
export const foreignTeam = ({ team, options }: Pick<TargetContext, "team" | "options">): UserError =>
  new UserError(
    `Team ${team} is up, but not from this stack and folder. Give this one a muster:team of its own,\n` +
      `or remove what is there: npm run down${options} (data volumes stay).`,
  );
