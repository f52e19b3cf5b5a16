// ./freshet test: every check and every test. The Maven build with its checks and tests runs beside the end-to-end
// suites, which use a copy of the build of their own; a summary with counts ends the run.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, existsSync } from "node:fs";
import { mkdir, readFile, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { LAUNCHER, ROOT, installPackages, useInstalledNodes } from "./freshet.mjs";

const LOGS = join(ROOT, "target/test-logs");
const USAGE = `usage: ./freshet test [--long]

  --long   also the long tests (JUnit tag "long")`;

const { values: options } = parseArgs({
  options: {
    long: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});
if (options.help) {
  console.log(USAGE);
  process.exit(0);
}

const children = new Set();
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    for (const child of children) process.kill(-child.pid, signal);
    process.exitCode = 130;
  });
}

if (options.long) process.env.TEST_LONG = "1";
const started = Date.now();
await mkdir(LOGS, { recursive: true });
await installBrowser();
const built = await step("build", LAUNCHER, ["build"]);
// First of all, as these packages are also the versions of Node.js that both parts test with.
const packages = await installed("e2e");
useInstalledNodes();
const parts = built.passed
  ? [built, packages, ...(await Promise.all([javaPart(), nodePart()])).flat()]
  : [built, packages];
await summarize(parts);

async function javaPart() {
  for (const directory of await reportDirectories()) await rm(directory, { recursive: true });
  const flags = options.long ? ["-DexcludedGroups="] : [];
  const verify = await step("maven verify", "mvn", ["-B", "-ntp", "--fail-at-end", ...flags, "verify"]);
  return [{ ...verify, ...(await countReports()) }];
}

async function nodePart() {
  const results = [];
  for (const project of ["functions/runner", "examples/chat"]) results.push(await installed(project));
  results.push(await nodeTests("tools", ["--test", "tools/licences.test.mjs"]));
  if (await hasScript("functions/runner", "test")) {
    results.push(await step("runner", "npm", ["test"], { cwd: join(ROOT, "functions/runner") }));
  }
  results.push(await nodeTests("e2e", ["e2e/run.mjs"], (tap) => ["--tap", tap]));
  return results;
}

async function installed(project) {
  return await task(`npm ci (${project})`, () => installPackages(join(ROOT, project)));
}

/** A part that Node's test runner runs; its counts come from the TAP report that it writes beside its log. */
async function nodeTests(name, args, tapFlags) {
  const tap = join(LOGS, `${name}.tap`);
  const flags = tapFlags?.(tap) ?? [
    "--test-reporter=spec",
    "--test-reporter-destination=stdout",
    "--test-reporter=tap",
    `--test-reporter-destination=${tap}`,
  ];
  await rm(tap, { force: true });
  const first = args[0] === "--test" ? [args[0], ...flags, ...args.slice(1)] : [...args, ...flags];
  const result = await step(name, process.execPath, first);
  const text = existsSync(tap) ? await readFile(tap, "utf8") : "";
  const count = (word) => Number(text.match(new RegExp(`^# ${word} (\\d+)$`, "m"))?.[1] ?? 0);
  return {
    ...result,
    tests: count("pass"),
    failures: count("fail") + count("cancelled"),
    skipped: count("skipped") + count("todo"),
    failed: [...text.matchAll(/^ *not ok \d+ - (.*)$/gm)].map(([, title]) => title),
  };
}

/** Runs one command with its output in a log file of its own; says when it is done. */
async function step(name, command, args, { cwd = ROOT } = {}) {
  return await task(name, async (log) => {
    const child = spawn(command, args, { cwd, stdio: ["ignore", "pipe", "pipe"], detached: true });
    children.add(child);
    const file = createWriteStream(log);
    child.stdout.pipe(file, { end: false });
    child.stderr.pipe(file, { end: false });
    const [code, signal] = await once(child, "close");
    file.end();
    children.delete(child);
    if (code !== 0) throw new Error(`${command} ended with ${code ?? signal}`);
  });
}

async function task(name, work) {
  const log = join(LOGS, `${name.replace(/[^a-z0-9]+/gi, "-").replace(/-$/, "")}.log`);
  const begin = Date.now();
  console.log(`${name} ...`);
  let error = null;
  try {
    await work(log);
  } catch (thrown) {
    error = thrown.message;
  }
  const seconds = Math.round((Date.now() - begin) / 1000);
  console.log(`${name}: ${error === null ? "done" : "FAILED"} in ${seconds} s`);
  return { name, log, error, seconds, passed: error === null, tests: 0, failures: 0, skipped: 0, failed: [] };
}

async function reportDirectories() {
  const modules = await readdir(ROOT, { withFileTypes: true });
  return modules
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(ROOT, entry.name, "target/surefire-reports"))
    .filter((directory) => existsSync(directory));
}

async function countReports() {
  const total = { tests: 0, failures: 0, skipped: 0, failed: [] };
  for (const directory of await reportDirectories()) {
    for (const name of await readdir(directory)) {
      if (!/^TEST-.*\.xml$/.test(name)) continue;
      const xml = await readFile(join(directory, name), "utf8");
      const suite = xml.match(/<testsuite [^>]*>/)[0];
      const number = (attribute) => Number(suite.match(new RegExp(`\\b${attribute}="(\\d+)"`))?.[1] ?? 0);
      const failures = number("failures") + number("errors");
      total.tests += number("tests") - failures - number("skipped");
      total.failures += failures;
      total.skipped += number("skipped");
      for (const [, attributes] of xml.matchAll(/<testcase ([^>]*)>\s*<(?:failure|error)/g)) {
        const [, title] = attributes.match(/\bname="([^"]*)"/);
        const [, holder] = attributes.match(/\bclassname="([^"]*)"/);
        total.failed.push(`${holder.split(".").pop()}.${title}`);
      }
    }
  }
  return total;
}

async function hasScript(project, script) {
  const manifest = join(ROOT, project, "package.json");
  return existsSync(manifest) && script in (JSON.parse(await readFile(manifest, "utf8")).scripts ?? {});
}

/** The browser suite needs Chromium; on Debian the system's package is installed when we may. */
async function installBrowser() {
  const chromium = process.env.CHROMIUM ?? "/usr/bin/chromium";
  if (existsSync(chromium)) return;
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) {
    console.error(`freshet: the browser suite needs Chromium at ${chromium} (or set CHROMIUM)`);
    process.exit(1);
  }
  await step("apt-get update", "apt-get", ["update"]);
  await step("chromium", "apt-get", ["install", "-y", "--no-install-recommends", "chromium"]);
}

/** What a log says about the failure: Maven's error lines, else its end. */
async function excerpt(log) {
  const lines = existsSync(log) ? (await readFile(log, "utf8")).trimEnd().split("\n") : [];
  const errors = lines.filter((line) => line.startsWith("[ERROR]"));
  return errors.length > 0 ? errors.slice(0, 40) : lines.slice(-40);
}

async function summarize(all) {
  const sum = (field) => all.reduce((total, part) => total + part[field], 0);
  console.log("");
  for (const part of all) {
    const counts = part.tests + part.failures > 0 ? `${part.tests} passed, ${part.failures} failed` : "";
    console.log(`  ${part.passed ? "ok    " : "FAILED"}  ${part.name.padEnd(28)} ${String(part.seconds).padStart(5)} s  ${counts}`);
  }
  for (const part of all.filter((one) => !one.passed)) {
    console.log(`\n${part.name}: ${part.error}; the log is ${part.log}`);
    for (const title of part.failed) console.log(`  not ok: ${title}`);
    for (const line of await excerpt(part.log)) console.log(`  | ${line}`);
  }
  // A part that failed without a failed test (a compiler error, say) counts as one.
  const broken = all.filter((part) => !part.passed && part.failures === 0).length;
  const failures = sum("failures") + broken;
  const skipped = sum("skipped");
  console.log(`\nin ${Math.round((Date.now() - started) / 1000)} s`);
  console.log(`${sum("tests")} passed, ${failures} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
  process.exitCode ||= failures === 0 && all.every((part) => part.passed) ? 0 : 1;
}
