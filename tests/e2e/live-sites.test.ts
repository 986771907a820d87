import { describe, jest } from "@jest/globals";
import { liveSitesSuite } from "../suites/live-sites";
import { onDocker, throughExport } from "../support/engines";

jest.setTimeout(20 * 60_000);

describe.each(throughExport(onDocker()))("live sites in an environment brought up by $engine", liveSitesSuite);
