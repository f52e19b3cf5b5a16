// Actions through the real CLI and the official clients: what they call, catch, log, and what is refused by name.
import assert from "node:assert/strict";
import { createPublicKey, verify } from "node:crypto";
import { before, describe, test } from "node:test";
import { ConvexClient, ConvexHttpClient } from "convex/browser";
import { anyApi as api } from "convex/server";
import { ConvexError } from "convex/values";
import WebSocket from "ws";
import { cli, eventually, push, startServer, suiteContext, uniqueName, writeApp } from "../lib/harness.mjs";

const NOTES = `import { mutation, query, internalQuery, internalMutation } from "./_generated/server";
import { v, ConvexError } from "convex/values";
import { createFunctionHandle } from "convex/server";
import { internal } from "./_generated/api";
export const add = mutation({ args: { owner: v.string(), text: v.string() }, handler: (ctx, note) => ctx.db.insert("notes", note) });
export const list = query({
  args: { owner: v.string() },
  handler: async (ctx, { owner }) =>
    (await ctx.db.query("notes").filter((q) => q.eq(q.field("owner"), owner)).collect()).map((note) => note.text),
});
export const count = internalQuery({ args: { owner: v.string() }, handler: async (ctx, { owner }) =>
  (await ctx.db.query("notes").filter((q) => q.eq(q.field("owner"), owner)).collect()).length });
export const refuse = internalMutation({ args: { owner: v.string() }, handler: async (ctx, { owner }) => {
  await ctx.db.insert("notes", { owner, text: "never" });
  throw new ConvexError({ reason: "full", left: 0n });
} });
export const handle = mutation({ args: {}, handler: () => createFunctionHandle(internal.notes.count) });
export const sign = mutation({ args: {}, handler: (ctx) => ctx.auth.signJwt({ claims: { sub: "me" }, expiresInSeconds: 60 }) });
`;

const ACTS = `import { action, internalAction } from "./_generated/server";
import { api, internal } from "./_generated/api";
import { v } from "convex/values";
const owner = { owner: v.string() };
export const copy = action({ args: owner, handler: async (ctx, { owner }): Promise<number> => {
  console.log("copying for", owner);
  const texts = await ctx.runQuery(api.notes.list, { owner });
  await Promise.all(texts.map((text) => ctx.runMutation(api.notes.add, { owner, text: text + "!" })));
  return await ctx.runQuery(internal.notes.count, { owner });
} });
export const catches = action({ args: owner, handler: async (ctx, { owner }) => {
  try {
    await ctx.runMutation(internal.notes.refuse, { owner });
  } catch (error: any) {
    return { data: error.data, name: error.constructor.name };
  }
} });
export const passes = action({ args: owner, handler: async (ctx, { owner }): Promise<any> => await ctx.runMutation(internal.notes.refuse, { owner }) });
export const depth = action({ args: { n: v.number() }, handler: async (ctx, { n }): Promise<number> =>
  n === 0 ? 0 : 1 + (await ctx.runAction(api.acts.depth, { n: n - 1 })) });
export const byHandle = action({ args: { handle: v.string(), ...owner }, handler: async (ctx, { handle, owner }): Promise<any> =>
  await ctx.runQuery(handle as any, { owner }) });
export const hidden = internalAction({ args: {}, handler: async () => "hidden" });
export const schedules = action({ args: {}, handler: async (ctx) => { await ctx.scheduler.runAfter(0, internal.acts.hidden, {}); } });
export const sleeps = action({ args: { ms: v.number() }, handler: async (_ctx, { ms }) => {
  const start = Date.now();
  await new Promise((resolve) => setTimeout(resolve, ms));
  return Date.now() - start;
} });
export const chats = action({ args: owner, handler: async (ctx, { owner }) => {
  console.log("begins");
  for (;;) {
    const texts = await ctx.runQuery(api.notes.list, { owner });
    if (texts.length > 0) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  console.warn("ends");
} });
export const throws = action({ args: {}, handler: async () => { throw new TypeError("no way"); } });
export const about = action({ args: {}, handler: async (ctx: any) => ({
  ...(await ctx.meta.getFunctionMetadata()),
  requestId: (await ctx.meta.getRequestMetadata()).requestId.length > 0,
  identity: await ctx.auth.getUserIdentity(),
}) });
export const forgets = action({ args: owner, handler: async (ctx, { owner }) => { void ctx.runQuery(api.notes.list, { owner }); } });
`;

describe("actions", () => {
  const later = suiteContext();
  let server, app, http, live;

  before(async () => {
    server = await startServer(later);
    app = await writeApp(later, { "convex/notes.ts": NOTES, "convex/acts.ts": ACTS });
    await push(server, app);
    http = new ConvexHttpClient(server.url, { logger: false });
    live = new ConvexClient(server.url, { webSocketConstructor: WebSocket, logger: false });
    later.after(() => live.close());
  });

  test("call queries and mutations, internal ones too, from both clients and the CLI", async () => {
    for (const client of [http, live]) {
      const owner = uniqueName("copy");
      await client.mutation(api.notes.add, { owner, text: "a" });
      await client.mutation(api.notes.add, { owner, text: "b" });
      assert.equal(await client.action(api.acts.copy, { owner }), 4);
      assert.deepEqual((await client.query(api.notes.list, { owner })).sort(), ["a", "a!", "b", "b!"]);
    }
    const run = await cli(server, app, ["run", "acts:hidden"]);
    assert.equal(run.code, 0, run.output);
    assert.match(run.stdout, /"hidden"/);
  });

  test("a live query sees what an action's mutations commit, while it runs", async () => {
    const owner = uniqueName("live");
    const seen = [];
    live.onUpdate(api.notes.list, { owner }, (texts) => seen.push(texts.length));
    const running = live.action(api.acts.chats, { owner });
    await eventually(() => seen.length > 0, "the first result");
    await http.mutation(api.notes.add, { owner, text: "go" });
    await running;
    assert.equal(seen.at(-1), 1);
  });

  test("errors: caught with their data, or passed on to the client", async () => {
    const owner = uniqueName("errors");
    assert.deepEqual(await http.action(api.acts.catches, { owner }), {
      data: { reason: "full", left: 0n },
      name: "ConvexError",
    });
    for (const client of [http, live]) {
      await assert.rejects(client.action(api.acts.passes, { owner }), (error) => {
        assert.ok(error instanceof ConvexError);
        assert.deepEqual(error.data, { reason: "full", left: 0n });
        return true;
      });
      await assert.rejects(client.action(api.acts.throws, {}), /Uncaught TypeError: no way[\s\S]*acts\.ts/);
      await assert.rejects(client.action(api.acts.hidden, {}), /Could not find public function for 'acts:hidden'/);
    }
    assert.deepEqual(await http.query(api.notes.list, { owner }), []);
  });

  test("chains of actions end at a limit", async () => {
    assert.equal(await http.action(api.acts.depth, { n: 6 }), 6);
    await assert.rejects(http.action(api.acts.depth, { n: 1000 }), /an action may call actions/);
  });

  test("handles reach functions by value", async () => {
    const owner = uniqueName("handle");
    const handle = await http.mutation(api.notes.handle, {});
    assert.match(handle, /^function:\/\//);
    assert.equal(await http.action(api.acts.byHandle, { handle, owner }), 0);
  });

  test("what is not there yet is refused by name", async () => {
    await assert.rejects(http.action(api.acts.schedules, {}), /The scheduler is not available yet/);
  });

  test("many wait at once without waiting for each other", async () => {
    const waits = await Promise.all(Array.from({ length: 100 }, () => live.action(api.acts.sleeps, { ms: 300 })));
    assert.ok(waits.every((ms) => ms >= 299));
  });

  test("metadata and identity", async () => {
    assert.deepEqual(await http.action(api.acts.about, {}), {
      name: "acts:about",
      componentPath: "",
      type: "action",
      visibility: "public",
      requestId: true,
      identity: null,
    });
  });

  test("the log stream tells lines while an action runs, and warns of work that nobody awaited", async () => {
    const owner = uniqueName("log");
    const headers = { Authorization: `Convex ${server.key}`, "Convex-Client": "npm-cli-1.48.0" };
    const poll = async (cursor) =>
      await (await fetch(`${server.url}/api/stream_function_logs?cursor=${cursor}`, { headers })).json();
    let { newCursor } = await poll(0);
    const next = async () => {
      const page = await poll(newCursor);
      newCursor = page.newCursor;
      return page.entries.filter((entry) => /^acts:/.test(entry.identifier));
    };
    const running = http.action(api.acts.chats, { owner });
    const first = await eventually(async () => (await next())[0], "the first line");
    assert.equal(first.kind, "Progress");
    assert.deepEqual(first.logLines[0].messages, ["'begins'"]);
    await http.mutation(api.notes.add, { owner, text: "go" });
    await running;
    const rest = [];
    await eventually(async () => rest.push(...(await next())) && rest.some((e) => e.kind === "Completion"), "its end");
    assert.deepEqual(rest.map((entry) => entry.kind), ["Progress", "Completion"]);
    assert.deepEqual(rest[1].logLines, []);
    assert.equal(rest[1].udfType, "Action");

    await http.action(api.acts.forgets, { owner });
    const forgot = await eventually(async () => (await next()).find((entry) => entry.kind === "Progress"), "the warning");
    assert.match(forgot.logLines[0].messages[0], /^1 unawaited operation: \[query\]/);
  });

  test("anybody verifies a signed token by the published keys", async () => {
    const token = await http.mutation(api.notes.sign, {});
    const response = await fetch(`${server.url}/.well-known/jwks.json`, { headers: { Origin: "https://a.test" } });
    assert.equal(response.headers.get("access-control-allow-origin"), "https://a.test");
    assert.match(response.headers.get("cache-control"), /public/);
    const { keys } = await response.json();
    const [head, body, signature] = token.split(".");
    const { kid } = JSON.parse(Buffer.from(head, "base64url"));
    const key = createPublicKey({ key: keys.find((one) => one.kid === kid), format: "jwk" });
    const signed = Buffer.from(`${head}.${body}`);
    assert.ok(
      verify("sha256", signed, { key, dsaEncoding: "ieee-p1363" }, Buffer.from(signature, "base64url")),
    );
    const claims = JSON.parse(Buffer.from(body, "base64url"));
    assert.equal(claims.sub, "me");
    assert.equal(claims.iss, server.url);
    assert.equal(claims.exp - claims.iat, 60);
  });
});
