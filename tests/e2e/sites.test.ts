import { describe, jest } from "@jest/globals";
import { sitesSuite } from "../suites/sites";
import { onDocker } from "../support/engines";

jest.setTimeout(20 * 60_000);

describe.each(onDocker())("sites in an environment brought up by $engine", sitesSuite);
