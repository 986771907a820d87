import { describe, jest } from "@jest/globals";
import { entranceSuite } from "../suites/entrance";
import { onKubernetes } from "../support/engines";

jest.setTimeout(20 * 60_000);

describe.each(onKubernetes())("the entrance of a cluster's environment brought up by $engine", entranceSuite);
