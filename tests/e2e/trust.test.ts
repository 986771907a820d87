import { describe, jest } from "@jest/globals";
import { trustSuite } from "../suites/trust";
import { onDocker, throughExport } from "../support/engines";

jest.setTimeout(40 * 60_000);

describe.each(throughExport(onDocker()))("trust in an environment brought up by $engine", trustSuite);
