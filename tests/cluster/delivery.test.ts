import { describe, jest } from "@jest/globals";
import { deliverySuite } from "../suites/delivery";
import { onKubernetes } from "../support/engines";

jest.setTimeout(20 * 60_000);

describe.each(onKubernetes())("delivery in a cluster's environment brought up by $engine", deliverySuite);
