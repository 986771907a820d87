import { pythonTests } from "../../support/python-tests";

pythonTests("git-server");
