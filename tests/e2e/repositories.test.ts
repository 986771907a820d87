import { describe, jest } from "@jest/globals";
import { repositoriesSuite } from "../suites/repositories";
import { onDocker } from "../support/engines";

jest.setTimeout(20 * 60_000);

describe.each(onDocker())("repositories in an environment brought up by $engine", repositoriesSuite);
