// Starting servers, pushing apps with the real CLI and calling npm: what the demo and the tests share.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
export const LAUNCHER = join(ROOT, "freshet");

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 20_000;
const CLI_TIMEOUT_MS = 120_000;

/** A port nobody listens on: the preferred one if it is free, else any. */
export async function freePort(preferred = 0) {
  const probe = createServer();
  try {
    probe.listen(preferred, "127.0.0.1");
    await once(probe, "listening");
    return probe.address().port;
  } catch (error) {
    if (preferred === 0 || error.code !== "EADDRINUSE") throw error;
    return await freePort();
  } finally {
    probe.close();
  }
}

/**
 * Runs a command to its end. A command that overruns is killed, with everything it started.
 * @returns {Promise<{code: number|null, stdout: string, stderr: string, output: string, timedOut: boolean}>}
 */
export async function run(command, args, { cwd, env, input, timeoutMs = CLI_TIMEOUT_MS } = {}) {
  const child = spawn(command, args, { cwd, env, stdio: ["pipe", "pipe", "pipe"], detached: true });
  const result = { code: null, stdout: "", stderr: "", output: "", timedOut: false };
  for (const stream of ["stdout", "stderr"]) {
    child[stream].setEncoding("utf8").on("data", (text) => {
      result[stream] += text;
      result.output += text;
    });
  }
  child.stdin.on("error", () => {}); // it may end without reading
  child.stdin.end(input ?? "");
  const timer = setTimeout(() => {
    result.timedOut = true;
    process.kill(-child.pid, "SIGKILL");
  }, timeoutMs);
  [result.code] = await once(child, "close");
  clearTimeout(timer);
  return result;
}

/** A server process started by the launcher; its address, its data directory and its end. */
export class FreshetServer {
  #child;
  #output = "";
  #exit;

  constructor({ dataDir, port, sitePort, args = [], env = process.env }) {
    this.dataDir = dataDir;
    this.port = port;
    this.url = `http://127.0.0.1:${port}`;
    this.siteUrl = `http://127.0.0.1:${sitePort}`;
    const flags = ["--data-dir", dataDir, "--port", port, "--site-proxy-port", sitePort, ...args];
    this.#child = spawn(LAUNCHER, ["serve", ...flags.map(String)], {
      env: { ...env, FRESHET_NO_BUILD: "1" },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true, // a Ctrl-C at the terminal is for the caller, who then stops the server
    });
    this.#child.stdout.setEncoding("utf8").on("data", (text) => (this.#output += text));
    this.#child.stderr.setEncoding("utf8").on("data", (text) => (this.#output += text));
    this.#exit = once(this.#child, "close").then(([code, signal]) => ({ code, signal }));
  }

  /** Starts a server and returns when it accepts traffic. */
  static async start(options) {
    const server = new FreshetServer({
      ...options,
      port: options.port ?? (await freePort()),
      sitePort: options.sitePort ?? (await freePort()),
    });
    await server.ready();
    return server;
  }

  async ready() {
    const line = `ready on ${this.url}`;
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (!this.#output.includes(line)) {
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
        throw new Error(`the server ended before it was ready:\n${this.#output}`);
      }
      if (Date.now() > deadline) {
        await this.stop("SIGKILL");
        throw new Error(`the server was not ready in time:\n${this.#output}`);
      }
      await delay(20);
    }
  }

  get pid() {
    return this.#child.pid;
  }

  get output() {
    return this.#output;
  }

  /** Resolves to {code, signal} when the process is gone. */
  get exit() {
    return this.#exit;
  }

  async stop(signal = "SIGTERM") {
    this.#child.kill(signal);
    const overdue = AbortSignal.timeout(STOP_TIMEOUT_MS);
    overdue.onabort = () => this.#child.kill("SIGKILL");
    const exit = await this.#exit;
    overdue.onabort = null;
    return exit;
  }

  /** An admin key of this server's data directory. */
  async adminKey() {
    this.key ??= (await adminKey(this.dataDir)).trim();
    return this.key;
  }
}

async function adminKey(dataDir) {
  const result = await run(LAUNCHER, ["admin-key", "--data-dir", dataDir], {
    env: { ...process.env, FRESHET_NO_BUILD: "1" },
  });
  if (result.code !== 0) throw new Error(`no admin key: ${result.output}`);
  return result.stdout;
}

/** Runs the convex CLI of the app in `directory` against a server. */
export async function convex(directory, args, { url, key, env = {}, input, timeoutMs } = {}) {
  const clean = { ...process.env };
  for (const name of Object.keys(clean)) {
    if (name.startsWith("CONVEX_")) delete clean[name];
  }
  return await run(process.execPath, [cliOf(directory), ...args], {
    cwd: directory,
    env: {
      ...clean,
      CI: "1", // keeps the CLI from reporting its errors to its makers, which would hang offline
      FORCE_COLOR: "0",
      CONVEX_SELF_HOSTED_URL: url,
      CONVEX_SELF_HOSTED_ADMIN_KEY: key,
      ...env,
    },
    input,
    timeoutMs,
  });
}

function cliOf(directory) {
  for (let at = directory; ; at = dirname(at)) {
    const cli = join(at, "node_modules/convex/bin/main.js");
    if (existsSync(cli)) return cli;
    if (at === dirname(at)) throw new Error(`the convex package is not installed for ${directory}`);
  }
}

/** Tells servers and tests where the versions of Node.js are that the end-to-end project has installed. */
export function useInstalledNodes() {
  for (const major of [22, 24]) {
    const name = `node-${major}-${process.platform}-${process.arch}`;
    const node = join(ROOT, "e2e/node_modules", name, "bin/node");
    if (existsSync(node)) process.env[`FRESHET_NODE_${major}`] ??= node;
  }
}

/** Installs a Node project's packages from its lock file, unless they are there already. */
export async function installPackages(directory) {
  const installed = join(directory, "node_modules/.package-lock.json");
  const lock = join(directory, "package-lock.json");
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  const result = await run("npm", ["ci", "--no-audit", "--no-fund"], {
    cwd: directory,
    timeoutMs: 10 * 60_000,
  });
  if (result.code !== 0) throw new Error(`npm ci failed in ${directory}:\n${result.output}`);
}
