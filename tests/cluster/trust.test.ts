import { describe, jest } from "@jest/globals";
import { trustSuite } from "../suites/trust";
import { onKubernetes } from "../support/engines";

jest.setTimeout(20 * 60_000);

describe.each(onKubernetes())("trust in a cluster's environment brought up by $engine", trustSuite);
