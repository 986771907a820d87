import { createBranches } from "./branches.mjs";
import { createCi } from "./ci.mjs";
import { ask as askOverHttp } from "./http.mjs";
import { createReleases } from "./releases.mjs";
import { createRounds } from "./rounds.mjs";

/** @typedef {import("./config.mjs").PortalConfig} PortalConfig */
/** @typedef {import("./history.mjs").BranchState} BranchState */
/** @typedef {import("./releases.mjs").Release} Release */
/**
 * @typedef {object} RepositoryState
 * @property {string} name
 * @property {string} [gitUrl]
 * @property {string} [liveUrl]
 * @property {BranchState[]} branches The newest first.
 * @property {Release | null | undefined} release Null when nothing is live; undefined when that is not known yet.
 */
/**
 * @typedef {object} DeliveryState
 * @property {import("./ci.mjs").Reach} ci
 * @property {string[]} away Workers of the CI that are not there.
 * @property {"asking" | "answers" | "silent"} live
 * @property {RepositoryState[]} repositories Those of the configuration, then those that only the CI knows.
 */
/**
 * @typedef {object} DeliveryOptions
 * @property {import("./http.mjs").Ask} [ask]
 * @property {() => number} [now] Milliseconds.
 * @property {number} [freshFor] Milliseconds for which all visitors share one round.
 */

const TIME_LIMIT = 2000;

/**
 * What the CI and the live server are doing, asked when somebody wants to know.
 *
 * @param {PortalConfig & Required<Pick<PortalConfig, "delivery">>} config
 * @param {DeliveryOptions} [options]
 */
export function createDelivery(config, { ask = askOverHttp, now = Date.now, freshFor = 2000 } = {}) {
  const { ciApi, gitApi, liveApi, deployBranch, repositories } = config.delivery;
  const git = createBranches({ api: gitApi, ask });
  const ci = createCi({ api: ciApi.replace(/\/+$/, ""), deployBranch, exists: git.exists, ask, now });
  const releases = createReleases({ api: liveApi.replace(/\/+$/, ""), ask, now });

  function names() {
    const listed = repositories.map(({ name }) => name);
    const others = [...ci.names()].filter((name) => !listed.includes(name));
    return [...listed, ...others.sort((a, b) => a.localeCompare(b, "en", { numeric: true }))];
  }

  async function round() {
    const signal = AbortSignal.timeout(TIME_LIMIT);
    await Promise.all([git.round(signal), ci.round(signal), releases.round(names(), ci.released, signal)]);
    // What the CI has just put live is worth a second look.
    const outdated = names().filter(
      (name) => releases.release(name) === undefined || releases.mark(name) !== ci.released(name),
    );
    if (releases.reach() === "answers" && !signal.aborted) await releases.round(outdated, ci.released, signal);
  }

  return {
    refresh: createRounds(round, { now, freshFor }),

    /** What is known now. @returns {DeliveryState} */
    state() {
      return {
        ci: ci.reach(),
        away: ci.away(),
        live: releases.reach(),
        repositories: names().map((name) => ({
          name,
          ...(repositories.find((repository) => repository.name === name) ?? guessed(config, name)),
          branches: ci.branches(name),
          release: releases.release(name),
        })),
      };
    },
  };
}

/** @typedef {ReturnType<typeof createDelivery>} Delivery */

/**
 * Addresses of a repository that a member's first push created: beside those of the others.
 *
 * @param {PortalConfig} config
 * @param {string} name
 */
function guessed({ services }, name) {
  const git = services.find(({ kind }) => kind === "git");
  const live = services.find(({ kind }) => kind === "live");
  // As the live server does it; a name with "--" has no address.
  const label = name.replace(/[._]/g, "-");
  const addressed = /^(?!.*--)[a-z0-9](?:[a-z0-9-]{0,55}[a-z0-9])?$/.test(label);
  return {
    ...(git === undefined ? {} : { gitUrl: new URL(`${name}/`, git.url).href }),
    ...(live === undefined || !addressed ? {} : { liveUrl: live.url.replace("://", `://${label}--`) }),
  };
}
