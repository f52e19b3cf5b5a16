// Runs the suites: starts the server they share, pushes the kitchen app to it, and hands over to Node's test runner.
//   node run.mjs [--tap FILE] [suite ...]      a suite is a file name in test/, e.g. cli
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { installPackages, useInstalledNodes } from "../tools/freshet.mjs";
import { E2E, environmentFor, startKitchen } from "./lib/harness.mjs";

const { values: options, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: { tap: { type: "string" } },
});

const cleanups = [];
const context = { after: (cleanup) => cleanups.push(cleanup) };
let stopping = false;
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => (stopping = true));
}
try {
  await installPackages(E2E);
  useInstalledNodes();
  const shared = await startKitchen(context);
  const all = (await readdir(join(E2E, "test"))).filter((name) => name.endsWith(".test.mjs"));
  const files = wanted.length > 0 ? wanted.map((name) => `${name}.test.mjs`) : all.sort();
  const reporters = ["--test-reporter=spec", "--test-reporter-destination=stdout"];
  if (options.tap) {
    reporters.push("--test-reporter=tap", `--test-reporter-destination=${options.tap}`);
  }
  const child = spawn(
    process.execPath,
    ["--test", "--test-concurrency=2", ...reporters, ...files.map((name) => join(E2E, "test", name))],
    { stdio: ["ignore", "inherit", "inherit"], env: { ...process.env, ...environmentFor(shared) } },
  );
  const [code] = await once(child, "close");
  process.exitCode = stopping ? 130 : (code ?? 1);
} finally {
  for (const cleanup of cleanups.reverse()) await cleanup();
}
