// What the suites share: servers on fresh data directories, app folders to push, and the common server of one run.
import { randomUUID } from "node:crypto";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after } from "node:test";
import { fileURLToPath } from "node:url";
import { FreshetServer, ROOT, convex } from "../../tools/freshet.mjs";

export const E2E = dirname(dirname(fileURLToPath(import.meta.url)));
export const CHAT = join(ROOT, "examples/chat");
const SHARED = "E2E_SHARED_SERVER";

/** What a suite started, ended in reverse when the suite ends; call it in the suite's body and pass the result on. */
export function suiteContext() {
  const cleanups = [];
  after(async () => {
    for (const cleanup of cleanups.reverse()) await cleanup();
  });
  return { after: (cleanup) => cleanups.push(cleanup) };
}

/** An empty directory that goes away with the test or suite whose context is given. */
export async function temporaryDirectory(context) {
  const directory = await mkdtemp(join(tmpdir(), "freshet-e2e-"));
  context.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** A server of one's own on a fresh data directory. */
export async function startServer(context, options = {}) {
  const dataDir = options.dataDir ?? (await temporaryDirectory(context));
  const server = await FreshetServer.start({ ...options, dataDir });
  context.after(() => server.stop());
  await server.adminKey();
  return server;
}

/** A private copy of an app, inside this project so that it finds the installed packages. */
export async function copyApp(context, name) {
  const source = name === "chat" ? CHAT : join(E2E, "apps", name);
  const directory = join(E2E, ".work", `${name}-${randomUUID().slice(0, 8)}`);
  await mkdir(directory, { recursive: true });
  await cp(source, directory, {
    recursive: true,
    filter: (path) => !/\/(node_modules|dist|_generated|\.env\.local)$/.test(path),
  });
  context.after(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** An app folder made of the given files: path → content. */
export async function writeApp(context, files) {
  const directory = join(E2E, ".work", `app-${randomUUID().slice(0, 8)}`);
  context.after(() => rm(directory, { recursive: true, force: true }));
  const manifest = JSON.stringify({
    name: "app",
    private: true,
    type: "module",
    dependencies: { convex: "1.48.0" },
  });
  await writeFiles(directory, { "package.json": manifest, ...files });
  return directory;
}

export async function writeFiles(directory, files) {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), content);
  }
}

/** The convex CLI in an app folder against a server; never fails by itself. */
export async function cli(server, directory, args, options = {}) {
  return await convex(directory, args, { url: server.url, key: await server.adminKey(), ...options });
}

/** Pushes an app folder and insists that it works. */
export async function push(server, directory, ...more) {
  const result = await cli(server, directory, [
    ...["dev", "--once", "--typecheck", "disable", "--tail-logs", "disable"],
    ...more,
  ]);
  if (result.code !== 0) throw new Error(`the push failed (exit ${result.code}):\n${result.output}`);
  return result;
}

/**
 * The server that all suites of a run share, with the kitchen app on it: {url, siteUrl, key, dataDir}.
 * Tests keep out of each other's way by names (see uniqueName). Run alone, a suite starts its own.
 */
export async function sharedServer(context) {
  if (process.env[SHARED]) return JSON.parse(process.env[SHARED]);
  return await startKitchen(context);
}

/** Starts a server with the kitchen app, described as sharedServer says. */
export async function startKitchen(context) {
  const server = await startServer(context);
  await push(server, await copyApp(context, "kitchen"));
  return {
    url: server.url,
    siteUrl: server.siteUrl,
    key: server.key,
    dataDir: server.dataDir,
  };
}

export function environmentFor(shared) {
  return { [SHARED]: JSON.stringify(shared) };
}

export function uniqueName(what) {
  return `${what}-${randomUUID().slice(0, 8)}`;
}

/** POST of a JSON body (or of raw text), answered by {status, headers, body, text}. */
export async function post(url, body, headers = {}) {
  const response = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  return await answer(response);
}

export async function answer(response) {
  const text = await response.text();
  let body;
  try {
    body = JSON.parse(text);
  } catch {
    body = undefined;
  }
  return { status: response.status, headers: response.headers, body, text };
}

/** Asks until the condition holds; the condition is a function that returns something truthy. */
export async function eventually(condition, what, timeoutMs = 30_000) {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const result = await condition();
    if (result) return result;
    if (Date.now() > deadline) throw new Error(`timed out waiting: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
