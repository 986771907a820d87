import { pythonTests } from "../../support/python-tests";

pythonTests("php");
