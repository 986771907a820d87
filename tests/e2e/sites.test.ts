import { describe, jest } from "@jest/globals";
import { sitesSuite } from "../suites/sites";
import { onDocker, throughExport } from "../support/engines";

jest.setTimeout(20 * 60_000);

describe.each(throughExport(onDocker()))("sites in an environment brought up by $engine", sitesSuite);
