import { describe, jest } from "@jest/globals";
import { entranceSuite } from "../suites/entrance";
import { onDocker } from "../support/engines";

jest.setTimeout(20 * 60_000);

describe.each(onDocker())("the entrance of an environment brought up by $engine", entranceSuite);
