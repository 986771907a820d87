/**
 * What an environment is made of: images, workloads, volumes and addresses. The schema, limits, quotas, readiness, the
 * summary, the portal's page and the gateway's patterns are maps over these tables, so that a new workload is an entry
 * here and a component that starts it. Imports nothing else: every other module may use it.
 */
export * from "./catalogue/addresses";
export * from "./catalogue/images";
export * from "./catalogue/volumes";
export * from "./catalogue/workloads";
