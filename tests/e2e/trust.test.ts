import { describe, jest } from "@jest/globals";
import { trustSuite } from "../suites/trust";
import { onDocker } from "../support/engines";

jest.setTimeout(20 * 60_000);

describe.each(onDocker())("trust in an environment brought up by $engine", trustSuite);
