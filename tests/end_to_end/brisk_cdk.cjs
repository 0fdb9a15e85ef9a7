// The CDK CLI asks every 5 s what became of a stack, because AWS takes minutes. The embedded AWS
// takes a second, and the tests would spend most of their time in these pauses.
"use strict";
const { basename } = require("node:path");

const CLI_PAUSE_MS = 5_000;
const PAUSE_MS = 200;

if (basename(process.argv[1] ?? "") === "cdk") {
  const wait = globalThis.setTimeout;
  globalThis.setTimeout = Object.assign(
    (call, ms, ...rest) => wait(call, ms === CLI_PAUSE_MS ? PAUSE_MS : ms, ...rest),
    wait,
  );
  // The app's stacks are measured where tests/stacks makes them, which takes half as long.
  delete process.env.COVERAGE_PROCESS_CONFIG;
}
