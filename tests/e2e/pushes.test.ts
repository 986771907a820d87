import { describe, jest } from "@jest/globals";
import { pushesSuite } from "../suites/pushes";
import { onDocker, throughExport } from "../support/engines";

jest.setTimeout(20 * 60_000);

describe.each(throughExport(onDocker()))("pushes in an environment brought up by $engine", pushesSuite);
