import { describe, jest } from "@jest/globals";
import { trustSuite } from "../suites/trust";
import { onDocker, throughExport } from "../support/engines";

jest.setTimeout(20 * 60_000);

// Through Pulumi a share of the tricks is played in the delivery suite.
describe.each(throughExport(onDocker()))("trust in an environment brought up by $engine", trustSuite);
