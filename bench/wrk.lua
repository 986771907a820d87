-- One line for bench/gateway.ts: requests, microseconds of the run, mean and 99th percentile in microseconds, failures.
function done(summary, latency)
  local e = summary.errors
  local failed = e.connect + e.read + e.write + e.status + e.timeout
  io.write(string.format("RESULT %d %d %f %f %d\n", summary.requests, summary.duration, latency.mean, latency:percentile(99), failed))
end
