import { pythonTests } from "../../support/python-tests";

pythonTests("ci-worker");
