import { describe, jest } from "@jest/globals";
import { signInSuite } from "../suites/sign-in";
import { onDocker, throughExport } from "../support/engines";

jest.setTimeout(20 * 60_000);

describe.each(throughExport(onDocker()))("signing in to an environment brought up by $engine", signInSuite);
