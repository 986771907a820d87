import type { Team } from "../config/members";
import type { Platform } from "./platform";

export function createKubernetesPlatform(_team: Team): Platform {
  throw new Error("to be written");
}
