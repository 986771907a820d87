// node ask.mjs ACTION < JSON: asks the running service for an invitation, a link, a log; the answer is JSON.
import { request } from "node:http";

const SOCKET = "/tmp/access.sock";
const [action = ""] = process.argv.slice(2);

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const call = request({ socketPath: SOCKET, path: `/${action}`, method: "POST" }, async (response) => {
  let body = "";
  for await (const chunk of response.setEncoding("utf8")) body += chunk;
  if (response.statusCode === 200) process.stdout.write(`${body}\n`);
  else {
    process.stderr.write(`muster: ${body}\n`);
    process.exitCode = 1;
  }
});
call.on("error", () => {
  process.stderr.write("muster: the access service does not answer\n");
  process.exitCode = 1;
});
call.end(Buffer.concat(chunks));
