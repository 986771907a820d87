import { describe, jest } from "@jest/globals";
import { pushesSuite } from "../suites/pushes";
import { onKubernetes, throughExport } from "../support/engines";

jest.setTimeout(20 * 60_000);

describe.each(throughExport(onKubernetes()))("pushes in a cluster's environment brought up by $engine", pushesSuite);
