// "use node" actions through the real CLI: Node's own modules, packages from npm, errors, crashes, and pushes that fail.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { ConvexHttpClient } from "convex/browser";
import { anyApi as api } from "convex/server";
import { ConvexError } from "convex/values";
import { E2E, cli, push, startServer, suiteContext, uniqueName, writeApp, writeFiles } from "../lib/harness.mjs";

const DEV = ["dev", "--once", "--typecheck", "disable", "--tail-logs", "disable"];

const NOTES = `import { mutation, query, internalMutation } from "./_generated/server";
import { v, ConvexError } from "convex/values";
export const add = internalMutation({ args: { owner: v.string(), text: v.string() }, handler: (ctx, note) => ctx.db.insert("notes", note) });
export const list = query({ args: { owner: v.string() }, handler: async (ctx, { owner }) =>
  (await ctx.db.query("notes").filter((q) => q.eq(q.field("owner"), owner)).collect()).map((note) => note.text) });
export const refuse = mutation({ args: {}, handler: async () => { throw new ConvexError({ why: "full" }); } });
`;

const NATIVE = `"use node";
import { action } from "./_generated/server";
import { api, internal } from "./_generated/api";
import { v } from "convex/values";
import { createHash } from "node:crypto";
import { WebSocketServer } from "ws";
export const hash = action({ args: { text: v.string() }, handler: async (_ctx, { text }) => {
  console.log("hashing", { text });
  return createHash("sha256").update(Buffer.from(text)).digest("hex");
} });
export const external = action({ args: {}, handler: async () => typeof WebSocketServer });
export const store = action({ args: { owner: v.string() }, handler: async (ctx, { owner }): Promise<string[]> => {
  await Promise.all(["a", "b"].map((text) => ctx.runMutation(internal.notes.add, { owner, text })));
  return await ctx.runQuery(api.notes.list, { owner });
} });
export const catches = action({ args: {}, handler: async (ctx) => {
  try { await ctx.runMutation(api.notes.refuse, {}); } catch (error: any) { return error.data; }
} });
export const passes = action({ args: {}, handler: async (ctx): Promise<any> => await ctx.runMutation(api.notes.refuse, {}) });
export const nested = action({ args: { n: v.number() }, handler: async (ctx, { n }): Promise<number> =>
  n === 0 ? 0 : 1 + (await ctx.runAction(api.native.nested, { n: n - 1 })) });
export const throws = action({ args: {}, handler: async () => { throw new RangeError("out of it"); } });
export const exits = action({ args: {}, handler: async () => { process.exit(0); } });
export const version = action({ args: {}, handler: async () => process.versions.node.split(".")[0] });
export const variables = action({ args: {}, handler: async () => [process.env.GREETING, process.env.INSTANCE_SECRET ?? null, process.env.CONVEX_CLOUD_URL] });
`;

describe("node actions", () => {
  const later = suiteContext();
  let server, app, http;

  before(async () => {
    // One place: a chain of actions must not wait for itself.
    server = await startServer(later, { env: { ...process.env, APPLICATION_MAX_CONCURRENT_NODE_ACTIONS: "1" } });
    app = await writeApp(later, {
      "convex.json": JSON.stringify({ node: { externalPackages: ["ws"] } }),
      "convex/notes.ts": NOTES,
      "convex/native.ts": NATIVE,
    });
    await push(server, app);
    http = new ConvexHttpClient(server.url, { logger: false });
  });

  test("use Node's own modules, and packages that the server installed", async () => {
    assert.match(await http.action(api.native.hash, { text: "x" }), /^2d711642b726b044/);
    assert.equal(await http.action(api.native.external, {}), "function");
    const run = await cli(server, app, ["run", "native:hash", '{"text":"x"}']);
    assert.match(run.output, /'hashing' \{ text: 'x' \}/);
  });

  test("call functions, in parallel and nested", async () => {
    const owner = uniqueName("node");
    assert.deepEqual((await http.action(api.native.store, { owner })).sort(), ["a", "b"]);
    assert.equal(await http.action(api.native.nested, { n: 2 }), 2);
  });

  test("errors carry their data and the lines of the source", async () => {
    assert.deepEqual(await http.action(api.native.catches, {}), { why: "full" });
    await assert.rejects(http.action(api.native.passes, {}), (error) => {
      assert.ok(error instanceof ConvexError);
      assert.deepEqual(error.data, { why: "full" });
      return true;
    });
    await assert.rejects(http.action(api.native.throws, {}), /RangeError: out of it[\s\S]*native\.ts:/);
  });

  test("an action that ends its process fails alone", async () => {
    await assert.rejects(http.action(api.native.exits, {}), /process\.exit/);
    assert.equal(await http.action(api.native.external, {}), "function");
  });

  test("see the deployment's variables, and none of the server's", async () => {
    assert.equal((await cli(server, app, ["env", "set", "GREETING", "hello"])).code, 0);
    assert.deepEqual(await http.action(api.native.variables, {}), ["hello", null, server.url]);
  });

  test("a second push of the same packages installs nothing", async () => {
    const files = { "convex/more.ts": 'import { query } from "./_generated/server";\nexport const one = query({ args: {}, handler: async () => 1 });\n' };
    await writeFiles(app, files);
    await push(server, app);
    assert.equal(await http.action(api.native.external, {}), "function");
  });

  test("pushes that can't work fail, and what was deployed stays", async () => {
    const bad = async (files, pattern) => {
      await writeFiles(app, files);
      const result = await cli(server, app, DEV);
      assert.notEqual(result.code, 0);
      assert.match(result.output, pattern);
    };
    const queries = NATIVE + '\nimport { query } from "./_generated/server";\nexport const look = query({ args: {}, handler: async () => 1 });\n';
    await bad({ "convex/native.ts": queries }, /look[\s\S]*Only actions can be defined/);
    await bad({ "convex/native.ts": `${NATIVE}\nthrow new Error("it does not load");\n` }, /native\.js[\s\S]*it does not load/);
    await bad(
      { "convex/native.ts": NATIVE, "convex.json": JSON.stringify({ node: { nodeVersion: "18" } }) },
      /18/,
    );
    assert.equal(await http.action(api.native.external, {}), "function");
  });
});

describe("the version of Node.js that an app asks for", () => {
  const later = suiteContext();
  for (const version of ["22", "24"]) {
    const node = join(E2E, `node_modules/node-${version}-${process.platform}-${process.arch}/bin/node`);
    test(`${version} runs its actions, with packages installed for it`, { skip: !existsSync(node) }, async () => {
      const env = { ...process.env, [`FRESHET_NODE_${version}`]: node };
      const server = await startServer(later, { env });
      const settings = { node: { nodeVersion: version, externalPackages: ["ws"] } };
      const app = await writeApp(later, {
        "convex.json": JSON.stringify(settings),
        "convex/notes.ts": NOTES,
        "convex/native.ts": NATIVE,
      });
      await push(server, app);
      const http = new ConvexHttpClient(server.url, { logger: false });
      assert.equal(await http.action(api.native.version, {}), version);
      assert.equal(await http.action(api.native.external, {}), "function");
    });
  }
});
