import { describe, jest } from "@jest/globals";
import { deliverySuite } from "../suites/delivery";
import { onDocker } from "../support/engines";

jest.setTimeout(20 * 60_000);

describe.each(onDocker())("delivery in an environment brought up by $engine", deliverySuite);
