import { pythonTests } from "../../support/python-tests";

pythonTests("apache-php");
