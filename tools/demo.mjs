// ./freshet demo: a server, the chat example pushed to it with the real CLI, and its page, until Ctrl-C.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, mkdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { FreshetServer, ROOT, convex, freePort, installPackages } from "./freshet.mjs";

const CHAT = join(ROOT, "examples/chat");
const USAGE = `usage: ./freshet demo [--data-dir DIR] [--check]

  --data-dir DIR   where the demo keeps its data (default: .freshet/demo)
  --check          start everything on free ports and an empty data directory, look at it, stop`;

const { values: options } = parseArgs({
  options: {
    "data-dir": { type: "string", default: join(ROOT, ".freshet/demo") },
    check: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});
if (options.help) {
  console.log(USAGE);
  process.exit(0);
}

const stopped = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => stopped.abort(signal));
}
const cleanups = [];
try {
  await demo();
} catch (error) {
  if (!stopped.signal.aborted) {
    console.error(`freshet demo: ${error.message}`);
    process.exitCode = 1;
  }
} finally {
  for (const cleanup of cleanups.reverse()) await cleanup();
}

async function demo() {
  const dataDir = options.check ? await temporaryDirectory() : options["data-dir"];
  await mkdir(dataDir, { recursive: true });

  step("installing the example's packages");
  await installPackages(CHAT);
  stopped.signal.throwIfAborted();

  step("starting the server");
  const server = await FreshetServer.start({
    dataDir,
    port: await freePort(options.check ? 0 : 3210),
    sitePort: await freePort(options.check ? 0 : 3211),
  });
  cleanups.push(() => server.stop());
  stopped.signal.throwIfAborted();

  step("pushing examples/chat");
  await cli(server, ["dev", "--once", "--typecheck", "disable", "--tail-logs", "disable"]);
  await cli(server, ["run", "channels:seed"]);
  stopped.signal.throwIfAborted();

  const page = await servePage(server);
  if (options.check) {
    await lookAt(server, page);
    console.log("the demo works");
    return;
  }
  console.log(`
  The chat is live on     ${page}     (open it in two tabs)
  The server listens on   ${server.url}

  Ctrl-C stops both.`);
  const gone = server.exit.then(() => {
    throw new Error(`the server ended:\n${server.output.slice(-2000)}`);
  });
  await Promise.race([once(stopped.signal, "abort"), gone]);
}

function step(what) {
  console.error(`${what} ...`);
}

async function temporaryDirectory() {
  const directory = await mkdtemp(join(tmpdir(), "freshet-demo-"));
  cleanups.push(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

async function cli(server, args) {
  const result = await convex(CHAT, args, { url: server.url, key: await server.adminKey() });
  if (result.code !== 0) {
    throw new Error(`convex ${args.join(" ")} failed:\n${result.output}`);
  }
}

async function servePage(server) {
  const port = await freePort(options.check ? 0 : 5173);
  const child = spawn(process.execPath, ["build.mjs", "--serve", "--port", String(port)], {
    cwd: CHAT,
    env: { ...process.env, CONVEX_URL: server.url },
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  });
  cleanups.push(() => child.kill());
  for await (const line of createInterface({ input: child.stdout })) {
    const [, address] = line.match(/^page on (\S+)/) ?? [];
    if (address) return address;
  }
  throw new Error("the page could not be built");
}

async function lookAt(server, page) {
  const html = await (await fetch(page)).text();
  const script = await (await fetch(`${page}/main.js`)).text();
  if (!html.includes('id="root"') || !script.includes(server.url)) {
    throw new Error("the page is not the chat");
  }
  const answer = await fetch(`${server.url}/api/query`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ path: "channels:list", args: {}, format: "json" }),
  });
  const { value } = await answer.json();
  if (value?.[0]?.name !== "general") {
    throw new Error("the chat has no channels");
  }
}
