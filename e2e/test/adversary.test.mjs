// Functions that try to harm, against a server with fifty innocent clients: each ends with the error that is documented, the innocent
// lose nothing, and nothing is left behind. How long the innocent wait is looked at in the long run only.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync, readlinkSync } from "node:fs";
import { request } from "node:http";
import { after, before, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { ConvexClient } from "convex/browser";
import { anyApi as api } from "convex/server";
import WebSocket from "ws";
import { cli, copyApp, eventually, push, startServer, suiteContext } from "../lib/harness.mjs";

const LONG = process.env.TEST_LONG === "1";
const INNOCENTS = 50;
const AT_ONCE = 2;

const TIME = /Function execution timed out \(maximum duration: 1s\)/;
const MEMORY = /JavaScript execution ran out of memory \(maximum memory usage: 64 MB\)|Function execution timed out/;
const ACTION_TIME = /Function execution timed out \(maximum duration: 8s\)/;
const ACTION_MEMORY = /JavaScript execution ran out of memory|Function execution timed out/;
const BUFFER = /RangeError: Array buffer allocation failed|Function execution timed out/;
const STACK = /RangeError: Maximum call stack size exceeded/;
const NEVER = /Returned promise will never resolve/;
const KEPT = /^ok (\["EvalError"(,"EvalError")*\]|\[\])$/;

/** What a call ends with: "ok <value>", "error <message>" or "status <HTTP status> <body>". */
const ROWS = [
  ["query", "queries:hugeArray", MEMORY],
  ["query", "queries:objects", MEMORY],
  ["query", "queries:map", MEMORY],
  ["query", "queries:closures", MEMORY],
  // Once buffers have taken all the room of the process, its heap can't grow, either: which of them asks first is open.
  ["query", "queries:buffers", new RegExp(`${BUFFER.source}|${MEMORY.source}`)],
  ["query", "queries:hugeBuffer", BUFFER],
  ["query", "queries:rope", /RangeError: Invalid string length/],
  ["query", "queries:loop", TIME],
  ["query", "queries:regex", TIME],
  ["query", "queries:stringify", TIME],
  ["query", "queries:resultGetter", TIME],
  ["query", "queries:microtasks", TIME],
  ["query", "queries:swallow", TIME],
  ["query", "queries:sort", TIME],
  ["query", "queries:recursion", STACK],
  ["query", "queries:pending", new RegExp(`${NEVER.source}|${MEMORY.source}`)],
  ["query", "queries:never", NEVER],
  ["query", "queries:millionReads", /Too many|timed out/],
  ["query", "queries:late", /Uncaught Error: late/],
  ["query", "queries:largeResult", /return value is too large \(actual: 17 MiB, limit: 16 MiB\)/],
  ["query", "queries:hugeResult", /return value is too large|ran out of memory/],
  ["query", "queries:cyclic", /^error .*(RangeError|circular)/s],
  ["query", "queries:aFunction", /is not a supported Convex type/],
  ["query", "queries:aDate", /is not a supported Convex type/],
  ["query", "queries:surrogate", /^error /],
  ["query", "queries:dollar", /starts with a '\$'/],
  ["query", "queries:rawResult", /Could not parse return value as json/],
  ["query", "queries:manyLines", /^ok 1$/],
  ["query", "queries:longLine", /^ok 1$/],
  ["query", "queries:pollute", /^ok 1$|^error .*then/s],
  ["query", "queries:state", /^ok 1$/],
  ["query", "queries:state", /^ok 1$/],
  ["query", "queries:ofGlobals", KEPT],
  ["query", "queries:ofErrors", KEPT],
  ["query", "queries:ofFrames", KEPT],
  ["query", "queries:ofStackEnd", KEPT],
  ["query", "queries:nodeModules", /^ok \["undefined","undefined","undefined","undefined"\]$/],
  ["query", "queries:imports", /^ok "TypeError"$/],
  ["query", "queries:variables", /^ok \[null,null,null\]$/],
  ["query", "queries:network", /Can't use fetch\(\) in queries and mutations/],
  ["query", "queries:file", /Can't use fetch\(\) in queries and mutations/],
  ["query", "queries:timer", /Can't use setTimeout in queries and mutations/],
  ["query", "queries:write", /^error /],
  ["query", "queries:foreignQuery", /in-progress query not found/],
  ["query", "queries:forgedCursor", /^error .*[Cc]ursor/s],
  ["query", "queries:systemTable", /System tables can only be accessed from db.system/],
  ["query", "queries:privateTable", /^ok \[\]$/],
  ["query", "queries:self", /call depth limit exceeded/],
  ["query", "queries:childLoops", TIME],
  ["mutation", "mutations:writesAndLoops", TIME],
  ["mutation", "mutations:writesAndFills", MEMORY],
  ["mutation", "mutations:hugeText", /too large|ran out of memory|timed out/i],
  ["mutation", "mutations:manyWrites", /Too many writes|timed out/],
  ["mutation", "mutations:catches", /^ok "went on"$/],
  ["mutation", "mutations:take", /are too large|^status 4/, { value: "x".repeat(20 << 20) }],
  ["action", "acts:loop", ACTION_TIME],
  ["action", "acts:loopLater", ACTION_TIME],
  ["action", "acts:fills", ACTION_MEMORY],
  ["action", "acts:fillsSlowly", ACTION_MEMORY],
  ["action", "acts:buffers", /Array buffer allocation failed|ran out of memory|timed out/],
  ["action", "acts:recursion", STACK],
  ["action", "acts:never", NEVER],
  ["action", "acts:self", /call depth limit exceeded/],
  ["action", "acts:timers", /^error .*timers/s],
  ["action", "acts:unhandled", /Uncaught Error: in a timer/],
  ["action", "acts:largeResult", /return value is too large/],
  ["action", "acts:hugeResult", /return value is too large|ran out of memory|timed out/],
  ["action", "acts:manyLines", /^ok 1$/],
  ["action", "acts:files", /^error .*(scheme|protocol|URL)/is],
  ["action", "acts:imports", /^ok "(TypeError|Error)"$/],
  ["action", "acts:variables", /^ok \[null,null\]$/],
  ["action", "acts:escapes", KEPT],
  ["action", "acts:otherCall", /^(ok|error)/],
  ["action", "acts:unknownOperation", /Unknown async operation 1\.0\/insert/],
  ["action", "acts:state", /^ok 1$/],
  ["action", "acts:state", /^ok 1$/],
  ["action", "nodes:exits", /process\.exit/],
  ["action", "nodes:throwsLater", /in a timer/],
  ["action", "nodes:rejectsLater", /not awaited/],
  ["action", "nodes:aborts", /^error |^status 50/],
  ["action", "nodes:loops", /timed out/],
  ["action", "nodes:fills", /ran out of memory \(maximum memory usage: 512 MB\)|timed out/],
  ["action", "nodes:garbage", /^ok "wrote"$|^error |^status 50/],
  ["action", "nodes:closes", /^ok "closed"$|^error |^status 50/],
  ["action", "nodes:spawns", /process\.exit/],
  ["action", "nodes:variables", /^ok false$/],
];

const context = suiteContext();
let server;
let innocents;
let processes;

before(async () => {
  server = await startServer(context, {
    env: {
      ...process.env,
      V8_ACTION_USER_TIMEOUT_SECS: "8",
      NODE_ACTION_USER_TIMEOUT_SECS: "8",
      SECRET_OF_THE_SERVER: "kept from functions",
    },
  });
  const app = await copyApp(context, "adversary");
  await push(server, app);
  assert.equal((await cli(server, app, ["env", "set", "KEPT", "from functions that read tables"])).code, 0);
  assert.equal(await call("action", "nodes:works"), 'ok "works"');
  innocents = await Promise.all(Array.from({ length: INNOCENTS }, (_, i) => new Innocent(`innocent ${i}`).ready));
  processes = descendants(server.pid).length;
});

after(async () => {
  for (const innocent of innocents ?? []) await innocent.stop().catch(() => {});
});

/**
 * A client with a live query that adds one to its own number now and then, sometimes by an action. It is the official client, so it
 * may be sent away in overload: it comes back and sends again what was not answered.
 */
class Innocent {
  latencies = [];
  acknowledged = 0;
  #shown;
  #stopped = false;

  constructor(who) {
    this.who = who;
    this.client = new ConvexClient(server.url, { webSocketConstructor: WebSocket });
    this.ready = new Promise((resolve, reject) => {
      this.client.onUpdate(
        api.innocent.value,
        { who },
        (value) => {
          this.#shown = value;
          resolve(this);
        },
        reject,
      );
    });
    this.running = this.#run();
    this.running.catch(() => {}); // told by stop
  }

  async #run() {
    await this.ready;
    await delay(Math.random() * 1000);
    for (let round = 0; !this.#stopped; round++) {
      const start = Date.now();
      if (round % 10 === 9) {
        await this.#act();
      } else {
        this.acknowledged = await this.#added(this.client.mutation(api.innocent.bump, { who: this.who }));
        this.latencies.push(Date.now() - start);
      }
      await eventually(() => this.#shown === this.acknowledged, `${this.who} sees ${this.acknowledged}, not ${this.#shown}`);
      await delay(1000);
    }
  }

  async #added(answer) {
    const value = await answer;
    assert.equal(value, this.acknowledged + 1, `${this.who} lost something, or has too much`);
    return value;
  }

  /** An action is not sent again: whether one that lost its connection has run is not known. */
  async #act() {
    try {
      this.acknowledged = await this.#added(this.client.action(api.innocent.bumpLater, { who: this.who }));
    } catch (error) {
      if (!/Connection lost/.test(String(error))) throw error;
      await delay(2000);
      const value = await this.client.query(api.innocent.value, { who: this.who });
      assert.ok(value === this.acknowledged || value === this.acknowledged + 1);
      this.acknowledged = value;
    }
  }

  async stop() {
    this.#stopped = true;
    await this.running;
    await this.client.close();
  }
}

async function call(kind, path, args = {}) {
  const response = await fetch(`${server.url}/api/${kind}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ path, args, format: "json" }),
  });
  const text = await response.text();
  if (response.status !== 200 && response.status !== 560) return `status ${response.status} ${text}`;
  const body = JSON.parse(text);
  return body.status === "success" ? `ok ${JSON.stringify(body.value)}` : `error ${body.errorMessage}`;
}

/** Ids of all processes below one, and what they are. */
function descendants(root) {
  const found = [];
  const lines = execFileSync("ps", ["-eo", "pid=,ppid=,rss=,args="], { encoding: "utf8" }).trim().split("\n");
  const all = lines.map((line) => /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(.*)$/.exec(line).slice(1));
  const below = (parent) => {
    for (const [pid, ppid, rss, args] of all) {
      if (Number(ppid) === parent && !args.startsWith("ps ")) {
        found.push({ pid: Number(pid), rss: Number(rss) * 1024, args });
        below(Number(pid));
      }
    }
  };
  below(root);
  return found;
}

/** Ports on which processes listen (Linux). */
function listening(pids) {
  const sockets = new Set();
  for (const pid of pids) {
    try {
      for (const fd of readdirSync(`/proc/${pid}/fd`)) sockets.add(readlinkSync(`/proc/${pid}/fd/${fd}`));
    } catch {
      // it has ended meanwhile
    }
  }
  const ports = [];
  for (const table of ["tcp", "tcp6"]) {
    for (const line of readFileSync(`/proc/net/${table}`, "utf8").trim().split("\n").slice(1)) {
      const fields = line.trim().split(/\s+/);
      if (fields[3] === "0A" && sockets.has(`socket:[${fields[9]}]`)) ports.push(parseInt(fields[1].split(":")[1], 16));
    }
  }
  return ports;
}

describe("each ends with the error that is documented", { concurrency: AT_ONCE }, () => {
  for (const [kind, path, expected, args] of ROWS) {
    test(`${kind} ${path}`, async () => {
      const outcome = await call(kind, path, args);
      assert.match(outcome.slice(0, 4000), expected);
      assert.equal(await call("query", "innocent:clean"), 'ok ["undefined",true,2,2,"function"]');
    });
  }
});

describe("HTTP actions", () => {
  const get = async (path) => {
    const response = await fetch(`${server.siteUrl}${path}`);
    return { status: response.status, headers: response.headers, body: await response.arrayBuffer().catch((error) => error) };
  };

  test("an endless response is cut at its limit", async () => {
    const { status, body } = await get("/endless");
    assert.equal(status, 200);
    assert.ok(body instanceof Error || body.byteLength <= 20 << 20);
  });

  test("a header does not make another one", async () => {
    const { status, headers } = await get("/header");
    assert.equal(status, 500);
    assert.equal(headers.get("set-cookie"), null);
  });

  test("something else than a Response", async () => assert.equal((await get("/nothing")).status, 500));

  test("an endless handler", async () => {
    const { status, body } = await get("/loop");
    assert.equal(status, 500);
    assert.match(Buffer.from(body).toString(), ACTION_TIME);
  });

  test("a body that breaks is not taken for a whole one", async () => {
    assert.ok((await get("/breaks")).body instanceof Error);
  });

  test("an upload beyond the limit", async () => {
    const response = await fetch(`${server.siteUrl}/upload`, { method: "POST", body: new Uint8Array(21 << 20) }).catch((error) => error);
    if (!(response instanceof Error)) assert.equal(response.status, 413);
  });

  test("clients that leave in the middle", async () => {
    for (let i = 0; i < 20; i++) {
      await new Promise((resolve) => {
        const asked = request(`${server.siteUrl}/endless`, (response) => {
          response.once("data", () => {
            asked.destroy();
            resolve();
          });
          response.on("error", () => {});
        });
        asked.on("error", resolve);
        asked.end();
      });
    }
    assert.equal((await get("/nothing")).status, 500);
  });
});

describe("afterwards", () => {
  test("actions that wait beside one that computes lose nothing", async () => {
    const sleepers = Array.from({ length: 20 }, () => call("action", "acts:sleeps", { millis: 3000 }));
    await delay(200);
    const culprit = call("action", "acts:loopLater");
    for (const sleeper of await Promise.all(sleepers)) assert.equal(sleeper, 'ok "slept"');
    assert.match(await culprit, ACTION_TIME);
  });

  test("no write of a call that failed is there", async () => {
    assert.equal(await call("query", "mutations:marks"), 'ok ["outer"]');
  });

  test("the innocent have lost nothing", async () => {
    const stopping = innocents;
    innocents = [];
    for (const innocent of stopping) await innocent.stop();
    const latencies = stopping.flatMap((one) => one.latencies).sort((a, b) => a - b);
    const p99 = latencies[Math.floor(latencies.length * 0.99)];
    console.log(`the innocent: ${latencies.length} mutations, p50 ${latencies[latencies.length >> 1]} ms, p99 ${p99} ms`);
    if (LONG) assert.ok(p99 < 1000, `p99 of the innocent is ${p99} ms`);
  });

  test("nothing listens but the server", { skip: process.platform !== "linux" }, () => {
    const pids = descendants(server.pid).map(({ pid }) => pid);
    assert.deepEqual(listening(pids), []);
  });

  test("what a Node action has started is gone", async () => {
    await eventually(() => !execFileSync("ps", ["-eo", "args="], { encoding: "utf8" }).includes("sleep 301"), "sleep 301");
  });

  test("the server answers as before", async () => {
    assert.equal(await call("action", "nodes:works"), 'ok "works"');
    assert.equal(await call("mutation", "innocent:bump", { who: "last" }), "ok 1");
    const memory = descendants(server.pid).reduce((sum, { rss }) => sum + rss, 0);
    console.log(`processes: ${descendants(server.pid).length} (${processes} at first), ${memory >> 20} MiB`);
  });
});
