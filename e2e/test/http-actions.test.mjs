// HTTP actions through the real CLI and plain HTTP: routing, bodies both ways, errors, limits, what they fetch, and a router made by Hono.
import assert from "node:assert/strict";
import { createHash, createHmac, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { connect, constants } from "node:http2";
import { before, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { answer, eventually, post, push, startServer, suiteContext, uniqueName, writeApp } from "../lib/harness.mjs";

const MESSAGES = `import { internalMutation, internalQuery, query } from "./_generated/server";
import { v } from "convex/values";
export const send = internalMutation({ args: { author: v.string(), body: v.string() }, handler: (ctx, message) => ctx.db.insert("messages", message) });
export const by = internalQuery({
  args: { author: v.string() },
  handler: async (ctx, { author }) =>
    (await ctx.db.query("messages").filter((q) => q.eq(q.field("author"), author)).collect()).map((message) => message.body),
});
export const classes = query({ args: {}, handler: async () => {
  const form = new FormData();
  form.append("file", new File(["content"], "a.txt", { type: "text/plain" }));
  const text = await new Response(form).text();
  return [text.includes("content"), new Request("http://a/b", { headers: { x: "1" } }).headers.get("x"), await new Blob(["ab", "c"]).text()];
} });
`;

const HTTP = `import { httpRouter } from "convex/server";
import { ConvexError } from "convex/values";
import { internal } from "./_generated/api";
import { httpAction } from "./_generated/server";

const http = httpRouter();
const get = (path: string, handler: Parameters<typeof httpAction>[0]) => http.route({ path, method: "GET", handler: httpAction(handler) });
const post = (path: string, handler: Parameters<typeof httpAction>[0]) => http.route({ path, method: "POST", handler: httpAction(handler) });

post("/messages", async (ctx, request) => {
  const { author, body } = await request.json();
  const id = await ctx.runMutation(internal.messages.send, { author, body });
  return Response.json({ id }, { status: 201, headers: { "Access-Control-Allow-Origin": "https://only.example" } });
});
get("/messages", async (ctx, request) => {
  const author = new URL(request.url).searchParams.get("author")!;
  return Response.json(await ctx.runQuery(internal.messages.by, { author }));
});
http.route({
  pathPrefix: "/users/",
  method: "GET",
  handler: httpAction(async (_ctx, request) => new Response(new URL(request.url).pathname.split("/").pop())),
});
http.route({
  path: "/messages",
  method: "OPTIONS",
  handler: httpAction(async () => new Response(null, { status: 204, headers: { "Access-Control-Allow-Methods": "POST", Vary: "origin" } })),
});

// Tells one thing at once, and the rest when somebody has sent a message of that name.
get("/events", async (ctx, request) => {
  const author = new URL(request.url).searchParams.get("author")!;
  const { readable, writable } = new TransformStream();
  void (async () => {
    const writer = writable.getWriter();
    const encoder = new TextEncoder();
    await writer.write(encoder.encode("data: waiting\\n\\n"));
    for (;;) {
      const [body] = await ctx.runQuery(internal.messages.by, { author });
      if (body !== undefined) {
        await writer.write(encoder.encode("data: " + body + "\\n\\n"));
        await writer.close();
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  return new Response(readable, { headers: { "Content-Type": "text/event-stream" } });
});

post("/pipe", async (_ctx, request) => new Response(request.body, { headers: { "Content-Type": request.headers.get("content-type")! } }));
post("/length", async (_ctx, request) => new Response(String((await request.arrayBuffer()).byteLength)));
post("/form", async (_ctx, request) => {
  const form = await request.formData();
  const file = form.get("file") as File;
  return Response.json([form.get("name"), file.name, file.type, await file.text()]);
});
get("/large", async (_ctx, request) => {
  const size = Number(new URL(request.url).searchParams.get("size"));
  let left = size;
  return new Response(new ReadableStream({
    pull(controller) {
      if (left <= 0) return controller.close();
      controller.enqueue(new Uint8Array(Math.min(left, 1 << 20)));
      left -= 1 << 20;
    },
  }));
});

// Goes on when its client has left.
get("/waits", async (ctx, request) => {
  const author = new URL(request.url).searchParams.get("author")!;
  await ctx.runMutation(internal.messages.send, { author, body: "waiting" });
  while (!request.signal.aborted) await new Promise((resolve) => setTimeout(resolve, 20));
  await ctx.runMutation(internal.messages.send, { author, body: "left: " + request.signal.reason.name });
  return new Response("nobody reads this");
});

get("/throws", async () => { throw new Error("no luck today"); });
get("/line-break", async () => new Response("x", { headers: { "x-bad": "a\\r\\nb: c" } }));
get("/control", async () => new Response("x", { headers: { "x-bad": "a\\u0001b" } }));
get("/error-response", async () => Response.error());
get("/text", async () => "text" as any);
get("/read-twice", async () => { const response = new Response("x"); await response.text(); return response; });
get("/data", async () => { throw new ConvexError({ reason: "full" }); });
get("/breaks", async () => new Response(new ReadableStream({
  start(controller) { controller.enqueue(new TextEncoder().encode("half")); },
  async pull() { throw new Error("broken"); },
})));
get("/identity", async (ctx) => Response.json(await ctx.auth.getUserIdentity()));
get("/logs", async (_ctx, request) => { console.log("asked for", new URL(request.url).search); return new Response("logged"); });
get("/files", async (ctx) => Response.json(await ctx.storage.getUrl("kg2abc" as any)));

// What a webhook does: the signature of the body decides.
post("/webhook", async (_ctx, request) => {
  const encoder = new TextEncoder();
  const key = await crypto.subtle.importKey("raw", encoder.encode("secret"), { name: "HMAC", hash: "SHA-256" }, false, ["sign", "verify"]);
  const signature = Uint8Array.from(atob(request.headers.get("x-signature") ?? ""), (c) => c.charCodeAt(0));
  const valid = await crypto.subtle.verify("HMAC", key, signature, await request.arrayBuffer());
  return new Response(valid ? "thanks" : "who are you?", { status: valid ? 200 : 401 });
});

// Hands on to another server.
post("/proxy", async (_ctx, request) => {
  const target = request.headers.get("x-target")!;
  const answer = await fetch(target, { method: "POST", body: request.body, headers: { "x-asked": "yes" } });
  return new Response(answer.body, { status: answer.status, headers: { "x-packed": String(answer.headers.get("content-encoding")) } });
});
get("/unreachable", async (_ctx, request) => {
  try {
    await fetch(new URL(request.url).searchParams.get("url")!);
    return new Response("reached");
  } catch (error: any) {
    return Response.json([error.name, error.message]);
  }
});

export default http;
`;

const HONO = `import { Hono } from "hono";
import { cors } from "hono/cors";
import { streamText } from "hono/streaming";
import { HonoWithConvex, HttpRouterWithHono } from "convex-helpers/server/hono";
import { ActionCtx, httpAction } from "./_generated/server";
import { api } from "./_generated/api";

const app: HonoWithConvex<ActionCtx> = new Hono();
app.use("/api/*", cors());
app.get("/api/items/:id", async (c) => c.json({ id: c.req.param("id"), count: await c.env.runQuery(api.items.count, {}) }));
app.post("/api/items", async (c) => c.json({ got: await c.req.json() }, 201));
app.get("/api/stream", (c) => streamText(c, async (stream) => {
  for (const word of ["one", "two", "three"]) { await stream.write(word + " "); await stream.sleep(5); }
}));
app.get("/api/throws", () => { throw new Error("in hono"); });
app.notFound((c) => c.text("hono knows nothing of " + c.req.path, 404));
const http = new HttpRouterWithHono(app);
http.route({ path: "/plain", method: "GET", handler: httpAction(async () => new Response("plain")) });
export default http;
`;

const ITEMS = `import { query } from "./_generated/server";
export const count = query({ args: {}, handler: async (ctx) => (await ctx.db.query("items").collect()).length });
`;

/** A server that is fetched from. */
async function startTarget(context) {
  const target = createServer((request, response) => {
    const hash = createHash("sha256");
    request.on("data", (chunk) => hash.update(chunk));
    request.on("end", () => {
      response.writeHead(202, { "Content-Encoding": "gzip", "X-Asked": request.headers["x-asked"] ?? "" });
      response.end(gzipSync(hash.digest("hex")));
    });
  });
  target.listen(0, "127.0.0.1");
  await once(target, "listening");
  context.after(() => target.close());
  return `http://127.0.0.1:${target.address().port}/`;
}

describe("HTTP actions", () => {
  const later = suiteContext();
  let server;
  let target;
  const at = (path, init) => fetch(server.siteUrl + path, init);
  before(async () => {
    server = await startServer(later);
    target = await startTarget(later);
    await push(server, await writeApp(later, { "convex/messages.ts": MESSAGES, "convex/http.ts": HTTP }));
  });

  test("they call functions and answer on both ports", async () => {
    const author = uniqueName("author");
    for (const base of [server.siteUrl, `${server.url}/http`]) {
      const sent = await post(`${base}/messages`, { author, body: "hi" }, { Origin: "https://evil.example" });
      assert.equal(sent.status, 201);
      assert.equal(typeof sent.body.id, "string");
      assert.equal(sent.headers.get("access-control-allow-origin"), "https://only.example");
      assert.equal(sent.headers.get("access-control-allow-credentials"), null);
    }
    const list = await answer(await at(`/messages?author=${author}`));
    assert.deepEqual(list.body, ["hi", "hi"]);
    assert.match(list.headers.get("content-type"), /^application\/json/);
  });

  test("prefixes, preflights, HEAD, and what is not there", async () => {
    assert.equal(await (await at("/users/me/%C3%A9")).text(), "%C3%A9");
    const preflight = await at("/messages", { method: "OPTIONS" });
    assert.deepEqual(
      [preflight.status, preflight.headers.get("access-control-allow-methods"), preflight.headers.get("vary")],
      [204, "POST", "origin"],
    );
    const head = await at("/users/someone", { method: "HEAD" });
    assert.deepEqual([head.status, head.headers.get("content-length"), await head.text()], [200, "7", ""]);
    for (const [path, method] of [["/nowhere", "GET"], ["/messages", "DELETE"]]) {
      const missing = await answer(await at(path, { method }));
      assert.deepEqual([missing.status, missing.text], [404, "No matching routes found"]);
    }
  });

  test("a response is sent while it is being made", async () => {
    const author = uniqueName("events");
    const response = await at(`/events?author=${author}`);
    assert.equal(response.headers.get("content-type"), "text/event-stream");
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    assert.equal((await reader.read()).value, "data: waiting\n\n");
    await post(`${server.siteUrl}/messages`, { author, body: "news" });
    assert.equal((await reader.read()).value, "data: news\n\n");
    assert.equal((await reader.read()).done, true);
  });

  test("an action whose client leaves is told so, and runs on", async () => {
    const author = uniqueName("leaver");
    const messages = async () => (await at(`/messages?author=${author}`)).json();
    const connection = connect(server.siteUrl);
    const stream = connection.request({ ":path": `/waits?author=${author}` });
    stream.on("error", () => {});
    await eventually(async () => (await messages()).length === 1, "the action to run");
    stream.close(constants.NGHTTP2_CANCEL);
    await eventually(async () => (await messages()).length === 2, "the action to notice");
    assert.deepEqual(await messages(), ["waiting", "left: AbortError"]);
    connection.close();
  });

  test("bodies pass unchanged, both ways at once", async () => {
    const bytes = randomBytes(6_000_000);
    const response = await at("/pipe", { method: "POST", body: bytes, headers: { "Content-Type": "x/y" } });
    assert.equal(response.headers.get("content-type"), "x/y");
    assert.ok(Buffer.from(await response.arrayBuffer()).equals(bytes));
    const form = new FormData();
    form.append("name", "né");
    form.append("file", new Blob(["content"], { type: "text/plain" }), "a b.txt");
    const parts = await answer(await at("/form", { method: "POST", body: form }));
    assert.deepEqual(parts.body, ["né", "a b.txt", "text/plain", "content"]);
  });

  test("bodies have a largest size", async () => {
    const most = 20 << 20;
    const whole = await answer(await at("/length", { method: "POST", body: Buffer.alloc(most) }));
    assert.equal(whole.text, String(most));
    const tooLarge = await at("/length", { method: "POST", body: Buffer.alloc(most + 1) });
    assert.equal(tooLarge.status, 413);
    const chunks = (async function* () {
      for (let i = 0; i < 21; i++) yield new Uint8Array(1 << 20);
    })();
    const streamed = await at("/length", { method: "POST", body: ReadableStream.from(chunks), duplex: "half" });
    assert.equal(streamed.status, 413);
    assert.equal((await (await at(`/large?size=${most}`)).arrayBuffer()).byteLength, most);
    const cut = await at(`/large?size=${2 * most}`);
    assert.equal(cut.status, 200);
    await assert.rejects(cut.arrayBuffer());
  });

  test("an error is told before the head, and breaks the response off after it", async () => {
    const response = await answer(await at("/throws", { headers: { "Convex-Request-Id": "request-7" } }));
    assert.equal(response.status, 500);
    assert.match(response.headers.get("content-type"), /^application\/json/);
    assert.equal(response.body.code, "[Request ID: request-7] Server Error: Uncaught Error: no luck today");
    assert.match(response.body.trace, /^Uncaught Error: no luck today\n {4}at .*convex\/http\.ts:\d+:\d+/);
    assert.deepEqual((await answer(await at("/data"))).body.data, { reason: "full" });
    await assert.rejects(async () => (await at("/breaks")).text());
  });

  test("what is no response, or can't be sent, is an error of the action", async () => {
    const errors = {
      "/line-break": /TypeError/,
      "/control": /TypeError: The header x-bad of a response has control characters/,
      "/error-response": /TypeError/,
      "/text": /HTTP actions must return a Response/,
      "/read-twice": /TypeError/,
    };
    for (const [path, text] of Object.entries(errors)) {
      const response = await answer(await at(path));
      assert.equal(response.status, 500, path);
      assert.match(response.body.code, text);
    }
  });

  test("who asks: nobody, or an error for the action that wants to know", async () => {
    assert.equal(await (await at("/identity")).json(), null);
    const headers = { Authorization: "Bearer not-a-token" };
    assert.equal((await at("/users/me", { headers })).status, 200);
    assert.equal((await at("/identity", { headers })).status, 500);
  });

  test("a webhook checks its signature", async () => {
    const body = JSON.stringify({ type: "paid" });
    const signature = createHmac("sha256", "secret").update(body).digest("base64");
    const send = (value) => at("/webhook", { method: "POST", body, headers: { "x-signature": value } });
    assert.equal((await send(signature)).status, 200);
    assert.equal((await send(signature.replace(/^./, (c) => (c === "A" ? "B" : "A")))).status, 401);
  });

  test("they fetch from other servers, streaming both ways", async () => {
    const bytes = randomBytes(3_000_000);
    const response = await at("/proxy", { method: "POST", body: bytes, headers: { "x-target": target } });
    assert.deepEqual([response.status, response.headers.get("x-packed")], [202, "null"]);
    assert.equal(await response.text(), createHash("sha256").update(bytes).digest("hex"));
    const [name, message] = (await answer(await at("/unreachable?url=http://127.0.0.1:1/"))).body;
    assert.equal(name, "Error");
    assert.match(message, /^error sending request for url \(http:\/\/127\.0\.0\.1:1\/\): connect ECONNREFUSED/);
  });

  test("queries have the classes of the web platform too", async () => {
    const result = await post(`${server.url}/api/query`, { path: "messages:classes", args: {} });
    assert.deepEqual(result.body.value, [true, "1", "abc"]);
  });

  test("the log names them by their route", async () => {
    await at("/logs?x");
    await at("/large?size=30000000").then((response) => response.arrayBuffer()).catch(() => {});
    const headers = { Authorization: `Convex ${server.key}` };
    const { entries } = await (await fetch(`${server.url}/api/stream_udf_execution?cursor=0`, { headers })).json();
    const completions = entries.filter((entry) => entry.kind === "Completion" && entry.udfType === "HttpAction");
    const logged = completions.find((entry) => entry.identifier === "GET /logs");
    assert.deepEqual(logged.success, { status: "200" });
    assert.match(JSON.stringify(logged.logLines), /asked for/);
    assert.ok(completions.some((entry) => entry.identifier === "GET /users/*"));
    assert.ok(completions.some((entry) => entry.identifier === "GET /throws" && /no luck/.test(entry.error)));
    const lines = JSON.stringify(completions.map((entry) => entry.logLines));
    for (const told of ["HttpResponseTooLarge", "The body of the response failed: Error: broken", "has disconnected"]) {
      assert.ok(lines.includes(told), told);
    }
  });
});

describe("a router made by Hono", () => {
  const later = suiteContext();
  let server;
  const at = async (path, init) => answer(await fetch(server.siteUrl + path, init));
  before(async () => {
    server = await startServer(later);
    await push(server, await writeApp(later, { "convex/items.ts": ITEMS, "convex/http.ts": HONO }));
  });

  test("decides by itself what goes where", async () => {
    const item = await at("/api/items/42", { headers: { Origin: "https://o.example" } });
    assert.deepEqual([item.status, item.body], [200, { id: "42", count: 0 }]);
    assert.equal(item.headers.get("access-control-allow-origin"), "*");
    const made = await at("/api/items", { method: "POST", body: '{"a":1}', headers: { "Content-Type": "application/json" } });
    assert.deepEqual([made.status, made.body], [201, { got: { a: 1 } }]);
    assert.equal((await at("/api/stream")).text, "one two three ");
    assert.equal((await at("/api/throws")).status, 500);
    assert.deepEqual([(await at("/none")).status, (await at("/none")).text], [404, "hono knows nothing of /none"]);
    assert.equal((await at("/plain")).text, "plain");
    assert.equal((await at("/api/items", { method: "OPTIONS", headers: { Origin: "https://o.example" } })).status, 204);
  });
});
