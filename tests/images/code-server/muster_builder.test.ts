import { pythonTests } from "../../support/python-tests";

pythonTests("code-server");
