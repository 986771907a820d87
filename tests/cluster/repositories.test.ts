import { describe, jest } from "@jest/globals";
import { repositoriesSuite } from "../suites/repositories";
import { onKubernetes } from "../support/engines";

jest.setTimeout(20 * 60_000);

describe.each(onKubernetes())("repositories in a cluster's environment brought up by $engine", repositoriesSuite);
