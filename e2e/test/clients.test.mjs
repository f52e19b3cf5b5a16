// The official clients in Node: over HTTP and over the WebSocket, and what they live through.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { ConvexClient, ConvexHttpClient } from "convex/browser";
import { anyApi as api } from "convex/server";
import { ConvexError } from "convex/values";
import WebSocket from "ws";
import {
  copyApp,
  eventually,
  push,
  sharedServer,
  startServer,
  suiteContext,
  temporaryDirectory,
  uniqueName,
} from "../lib/harness.mjs";
import { FreshetServer, freePort } from "../../tools/freshet.mjs";

const options = { webSocketConstructor: WebSocket, logger: false };

/** Every value a subscription delivered, in order. */
function watch(client, query, args) {
  const values = [];
  const stop = client.onUpdate(query, args, (value) => values.push(value));
  return { values, stop };
}

describe("ConvexHttpClient", () => {
  const later = suiteContext();
  let http;
  before(async () => {
    http = new ConvexHttpClient((await sharedServer(later)).url, { logger: false });
  });

  test("reads and writes", async () => {
    const owner = uniqueName("http-client");
    const id = await http.mutation(api.notes.add, { owner, text: "hello", n: 1 });
    await http.mutation(api.notes.edit, { id, text: "changed" });
    const [note] = await http.query(api.notes.list, { owner });
    assert.equal(note.text, "changed");
    assert.equal(typeof note._creationTime, "number");
    assert.deepEqual(await http.query(api.notes.get, { id }), note);
    assert.deepEqual(await http.query(api.notes.containing, { owner, text: "changed" }), note);
    await http.mutation(api.notes.remove, { id });
    assert.equal(await http.query(api.notes.get, { id }), null);
  });

  test("reads ranges of an index in both directions", async () => {
    const owner = uniqueName("ranges");
    await http.mutation(api.notes.addMany, { owner, count: 20 });
    assert.deepEqual(await http.query(api.notes.between, { owner, from: 5, to: 8 }), [7, 6, 5]);
  });

  test("walks all pages without a gap or a repetition", async () => {
    const owner = uniqueName("pages");
    await http.mutation(api.notes.addMany, { owner, count: 23 });
    const seen = [];
    let cursor = null;
    for (;;) {
      const paginationOpts = { numItems: 5, cursor };
      const { page, isDone, continueCursor } = await http.query(api.notes.page, { owner, paginationOpts });
      seen.push(...page.map((note) => note.n));
      if (isDone) break;
      cursor = continueCursor;
    }
    assert.deepEqual(seen, Array.from({ length: 23 }, (_, n) => n));
  });

  test("carries every kind of value", async () => {
    const value = {
      big: 2n ** 62n,
      bytes: new Uint8Array([1, 2, 3]).buffer,
      list: [null, true, -0, 1.5, "ü"],
      nested: { a: { b: { c: [] } } },
    };
    assert.deepEqual(await http.query(api.values.echo, { value }), value);
  });

  test("throws ConvexErrors with their data", async () => {
    const data = { kind: "Expected", at: 3n };
    await assert.rejects(http.query(api.values.failWith, { data }), (error) => {
      assert.ok(error instanceof ConvexError);
      assert.deepEqual(error.data, data);
      return true;
    });
    await assert.rejects(http.query(api.values.failPlainly, {}), /a plain failure/);
  });

  test("reads several queries at one timestamp", async () => {
    const name = uniqueName("consistent");
    const reader = new ConvexHttpClient(http.url, { logger: false });
    assert.equal(await reader.consistentQuery(api.counters.get, { name }), 0);
    await http.mutation(api.counters.increment, { name });
    assert.equal(await reader.consistentQuery(api.counters.get, { name }), 0);
    assert.equal(await http.query(api.counters.get, { name }), 1);
  });
});

describe("ConvexClient", () => {
  const later = suiteContext();
  let server;
  const connect = (url = server.url) => {
    const client = new ConvexClient(url, options);
    later.after(() => client.close());
    return client;
  };
  before(async () => {
    server = await sharedServer(later);
  });

  test("sees at once what another client writes", async () => {
    const owner = uniqueName("live");
    const [reader, writer] = [connect(), connect()];
    const { values } = watch(reader, api.notes.list, { owner });
    await eventually(() => values.length === 1, "the first result");
    await writer.mutation(api.notes.add, { owner, text: "from elsewhere" });
    await eventually(() => values.length === 2, "the update");
    assert.deepEqual(values.map((notes) => notes.map((note) => note.text)), [[], ["from elsewhere"]]);
  });

  test("resolves a mutation without any subscription, and rejects a failed one", async () => {
    const client = connect();
    const name = uniqueName("unwatched");
    assert.equal(await client.mutation(api.counters.increment, { name }), 1);
    await assert.rejects(client.mutation(api.counters.incrementAndFail, { name }), /on purpose/);
    await assert.rejects(
      client.mutation(api.counters.incrementAndFail, { name, data: "why" }),
      (error) => error instanceof ConvexError && error.data === "why",
    );
    assert.equal(await client.mutation(api.counters.increment, { name }), 2);
  });

  test("reads its own writes", async () => {
    const client = connect();
    const name = uniqueName("own");
    const { values } = watch(client, api.counters.get, { name });
    for (let round = 1; round <= 20; round++) {
      await client.mutation(api.counters.increment, { name });
      assert.equal(values.at(-1), round);
    }
  });

  test("replaces an optimistic update by the real one without showing anything in between", async () => {
    const client = connect();
    const name = uniqueName("optimistic");
    const { values } = watch(client, api.counters.get, { name });
    await eventually(() => values.length === 1, "the first result");
    const optimisticUpdate = (store) => {
      store.setQuery(api.counters.get, { name }, store.getQuery(api.counters.get, { name }) + 1);
    };
    const rounds = 100;
    const other = connect();
    const pending = [];
    for (let round = 0; round < rounds; round++) {
      pending.push(client.mutation(api.counters.increment, { name }, { optimisticUpdate }));
      if (round % 7 === 0) await other.mutation(api.counters.increment, { name: uniqueName("x") });
      if (round % 3 === 0) await pending.at(-1);
    }
    await Promise.all(pending);
    assert.equal(values.at(-1), rounds);
    assert.deepEqual(
      values,
      [...values].sort((a, b) => a - b),
      "a value went back or was counted twice",
    );
  });
});

describe("clients of a server that goes away", () => {
  const later = suiteContext();

  for (const signal of ["SIGTERM", "SIGKILL"]) {
    test(`${signal}: subscriptions go on and every mutation is executed exactly once`, async () => {
      const place = {
        dataDir: await temporaryDirectory(later),
        port: await freePort(),
        sitePort: await freePort(),
      };
      const first = await startServer(later, place);
      await push(first, await copyApp(later, "kitchen"));

      const client = new ConvexClient(first.url, options);
      later.after(() => client.close());
      const name = uniqueName("survivor");
      const { values } = watch(client, api.counters.get, { name });
      await eventually(() => values.length === 1, "the first result");

      const mutations = 200;
      let answered = 0;
      const pending = Array.from({ length: mutations }, () =>
        client.mutation(api.counters.increment, { name }).then(() => answered++),
      );
      await eventually(() => answered > 20, "some answers");
      const exit = await first.stop(signal);
      if (signal === "SIGTERM") assert.deepEqual(exit, { code: 0, signal: null });

      const second = await FreshetServer.start(place);
      later.after(() => second.stop());
      await Promise.all(pending);
      await eventually(() => values.at(-1) === mutations, "the last value");
      assert.deepEqual(
        values,
        [...values].sort((a, b) => a - b),
      );
    });
  }
});
