import { describe, jest } from "@jest/globals";
import { limitsSuite } from "../suites/limits";
import { onDocker, throughExport } from "../support/engines";

jest.setTimeout(10 * 60_000);

describe.each(throughExport(onDocker()))("limits in an environment brought up by $engine", limitsSuite);
