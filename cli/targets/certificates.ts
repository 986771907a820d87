import { once } from "node:events";
import { connect } from "node:tls";
import { certificatesIn } from "../../config/certificates";
import type { Team } from "../../config/members";
import { encrypts } from "./readiness";
import type { FindGateway } from "./target";

/** Days below which the end of a certificate is told. */
export const SOON = 21;

const DAY = 24 * 60 * 60 * 1000;
/** Milliseconds. */
const PATIENCE = 3_000;

/** Whole days until `end`; negative ones are past. */
export const daysUntil = (end: string, now = Date.now()): number => Math.floor((new Date(end).getTime() - now) / DAY);

/** Days left of the company's certificate, for a team that has one. */
function daysOfFile({ gatewayTls }: Pick<Team, "gatewayTls">): { days: number; end: string } | undefined {
  if (gatewayTls.kind !== "files") return undefined;
  // The first to end breaks the chain.
  const ends = certificatesIn(gatewayTls.certificate).map(({ validTo }) => validTo);
  const [end = ""] = ends.sort((a, b) => daysUntil(a) - daysUntil(b));
  return { days: daysUntil(end), end };
}

const RENEW = "renew it with whoever issued it, and put the new files in its place";

export function certificateProblems(team: Pick<Team, "gatewayTls">): string[] {
  const file = daysOfFile(team);
  return file !== undefined && file.days < 0
    ? [`config/tls/certificate: names a certificate that ended on ${file.end}: ${RENEW}`]
    : [];
}

export function certificateWarnings(team: Pick<Team, "gatewayTls">): string[] {
  const file = daysOfFile(team);
  return file !== undefined && file.days >= 0 && file.days < SOON
    ? [`the certificate of muster:tls ends in ${file.days} days: ${RENEW}`]
    : [];
}

/**
 * A line about the certificate that the gateway shows, when it ends soon.
 *
 * @returns undefined too where it shows none
 */
export async function expiry(team: Team, find: FindGateway): Promise<string | undefined> {
  const gateway = encrypts(team) ? await find() : undefined;
  if (gateway === undefined) return undefined;
  const socket = connect({
    host: gateway.address,
    port: gateway.port,
    servername: team.domain,
    rejectUnauthorized: false,
    timeout: PATIENCE,
  });
  try {
    socket.on("timeout", () => socket.destroy(new Error("no answer")));
    await once(socket, "secureConnect");
    return expiryLine(daysUntil(socket.getPeerCertificate().valid_to));
  } catch {
    return undefined;
  } finally {
    socket.destroy();
  }
}

export function expiryLine(days: number): string | undefined {
  if (days >= SOON) return undefined;
  return days < 0
    ? "The gateway's certificate has ended: browsers refuse it."
    : `The gateway's certificate ends in ${days} days.`;
}
