// A strict client of the sync protocol. It checks on every Transition what no server may get wrong: the chain of
// versions, their order, responses before their transitions, one answer to a request, whole and ordered chunks.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import WebSocket from "ws";

const TIMEOUT_MS = 30_000;
const START = { querySet: 0, identity: 0, ts: "AAAAAAAAAAA=" };

/** A timestamp of the wire (base64 of 8 little-endian bytes) as a number, and back. */
export const decodeTs = (text) => Buffer.from(text, "base64").readBigUInt64LE();
export const encodeTs = (ts) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(ts);
  return bytes.toString("base64");
};

export class SyncSocket {
  #socket;
  #chunks = [];
  #waiters = new Set();
  #nextQuery = 0;
  #nextRequest = 0;
  #answered = new Set();
  #owed = 0n;
  #broken = null;

  /** Everything received, in order, chunks joined. */
  messages = [];
  transitions = [];
  /** Query id → the newest QueryUpdated or QueryFailed. */
  results = new Map();
  /** Request id → its response. */
  responses = new Map();
  /** Requests that may have been executed before, on another socket: their commits may be in the past. */
  replays = new Set();
  /** How many TransitionChunk messages came. */
  chunkCount = 0;
  version = START;
  querySet = 0;
  identity = 0;
  closed = null;

  static async open(server, { version = "1.48.0", headers, path, ...connect } = {}) {
    const address = server.url.replace(/^http/, "ws") + (path ?? `/api/${version}/sync`);
    const self = new SyncSocket();
    self.#socket = new WebSocket(address, { headers, maxPayload: 256 * 1024 * 1024 });
    self.#socket.on("message", (data, isBinary) => self.#receive(data, isBinary));
    self.#socket.on("close", (code, reason) => {
      self.closed = { code, reason: String(reason) };
      self.#wake();
    });
    await new Promise((resolve, reject) => {
      self.#socket.once("open", resolve);
      self.#socket.once("error", reject);
      self.#socket.once("unexpected-response", async (_request, response) => {
        const { socket } = response; // kept open by the server, and ours to close
        const body = (await response.toArray()).join("");
        socket.destroy();
        reject(Object.assign(new Error("refused"), { status: response.statusCode, body }));
      });
    });
    self.#socket.on("error", () => {});
    if (connect.silent !== true) self.connect(connect);
    return self;
  }

  connect({ sessionId = randomUUID(), connectionCount = 0, maxObservedTimestamp } = {}) {
    this.sessionId = sessionId;
    this.send({
      type: "Connect",
      sessionId,
      connectionCount,
      lastCloseReason: "InitialConnect",
      maxObservedTimestamp,
      clientTs: Date.now(),
    });
  }

  send(message) {
    this.sendRaw(JSON.stringify(message));
  }

  sendRaw(data) {
    this.#socket.send(data);
  }

  /** Adds queries {udfPath, args, journal?} and removes ids; returns the ids of the added ones at once. */
  modify(adds = [], removes = []) {
    const modifications = adds.map(({ udfPath, args = {}, ...more }) => ({
      type: "Add",
      queryId: this.#nextQuery++,
      udfPath,
      args: [args],
      ...more,
    }));
    const ids = modifications.map((one) => one.queryId);
    modifications.push(...removes.map((queryId) => ({ type: "Remove", queryId })));
    this.send({
      type: "ModifyQuerySet",
      baseVersion: this.querySet,
      newVersion: ++this.querySet,
      modifications,
    });
    return ids;
  }

  /** Subscribes to one query and returns its id and first result. */
  async subscribe(udfPath, args, more = {}) {
    const [id] = this.modify([{ udfPath, args, ...more }]);
    const wanted = this.querySet;
    await this.until(() => this.version.querySet >= wanted, `a result of ${udfPath}`);
    return { id, result: this.results.get(id) };
  }

  authenticate(token) {
    this.send({ type: "Authenticate", baseVersion: this.identity++, ...token });
  }

  /** Sends a mutation and returns its request id at once. */
  request(udfPath, args = {}, { type = "Mutation", requestId = this.#nextRequest++ } = {}) {
    this.send({ type, requestId, udfPath, args: [args] });
    return requestId;
  }

  async response(requestId) {
    await this.until(() => this.responses.has(requestId), `the response to request ${requestId}`);
    return this.responses.get(requestId);
  }

  /** A mutation as the official client sees it: done when a Transition reflects it. */
  async mutate(udfPath, args, options) {
    const response = await this.response(this.request(udfPath, args, options));
    if (response.success) await this.reflected(response.ts);
    return response;
  }

  async reflected(ts) {
    await this.until(() => decodeTs(this.version.ts) >= decodeTs(ts), `a transition at ${ts}`);
  }

  value(queryId) {
    const result = this.results.get(queryId);
    assert.equal(result?.type, "QueryUpdated", JSON.stringify(result)?.slice(0, 500));
    return result.value;
  }

  async until(condition, what) {
    const deadline = Date.now() + TIMEOUT_MS;
    for (;;) {
      if (this.#broken) throw this.#broken;
      if (condition()) return;
      if (this.closed) {
        const last = JSON.stringify(this.messages.at(-1))?.slice(0, 500);
        throw new Error(`closed ${JSON.stringify(this.closed)} waiting for ${what}; last: ${last}`);
      }
      if (Date.now() > deadline) throw new Error(`timed out waiting for ${what}`);
      await this.#change(deadline - Date.now());
    }
  }

  async untilClosed() {
    await this.until(() => this.closed !== null, "the close").catch((error) => {
      if (this.closed === null) throw error;
    });
    return this.closed;
  }

  /** Stops reading from the network, as a client does whose machine sleeps. */
  pause() {
    this.#socket.pause();
  }

  resume() {
    this.#socket.resume();
  }

  /** Cuts the connection without a goodbye. */
  async cut() {
    this.#socket.terminate();
    await this.untilClosed();
  }

  async close() {
    this.#socket.close();
    await this.untilClosed();
    if (this.#broken) throw this.#broken;
  }

  #change(timeoutMs) {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#waiters.delete(done);
        resolve();
      };
      const timer = setTimeout(done, timeoutMs);
      this.#waiters.add(done);
    });
  }

  #wake() {
    for (const waiter of [...this.#waiters]) waiter();
  }

  #receive(data, isBinary) {
    try {
      assert.equal(isBinary, false, "only text messages");
      this.#handle(JSON.parse(String(data)));
    } catch (error) {
      this.#broken ??= error;
    }
    this.#wake();
  }

  #handle(message) {
    if (message.type === "TransitionChunk") {
      const whole = this.#collect(message);
      if (whole === null) return;
      message = JSON.parse(whole);
    } else if (message.type !== "Ping") {
      assert.equal(this.#chunks.length, 0, "nothing but a Ping between chunks");
    }
    this.messages.push(message);
    switch (message.type) {
      case "Transition":
        return this.#transition(message);
      case "MutationResponse":
      case "ActionResponse":
        assert.ok(!this.#answered.has(message.requestId), "one answer to a request");
        assert.ok(Array.isArray(message.logLines));
        this.#answered.add(message.requestId);
        if (message.success && message.ts) this.#committed(message);
        this.responses.set(message.requestId, message);
        return;
      case "AuthError":
      case "FatalError":
      case "Ping":
        return;
      default:
        assert.fail(`unknown message ${message.type}`);
    }
  }

  #collect({ chunk, partNumber, totalParts, transitionId }) {
    this.chunkCount++;
    assert.equal(partNumber, this.#chunks.length, "chunks in order");
    if (partNumber === 0) this.chunkHead = { totalParts, transitionId };
    assert.deepEqual({ totalParts, transitionId }, this.chunkHead);
    assert.ok(Buffer.byteLength(chunk) <= 5_000_000, "chunks of at most 5 MB");
    this.#chunks.push(chunk);
    if (this.#chunks.length < totalParts) return null;
    return this.#chunks.splice(0).join("");
  }

  // A client drops its optimistic update at the first Transition that covers the mutation: none may come before the
  // response, and none after it may be older.
  #committed({ requestId, ts }) {
    const committed = decodeTs(ts);
    if (!this.replays.has(requestId)) {
      assert.ok(committed > decodeTs(this.version.ts), "the response comes before its transition");
    }
    if (committed > this.#owed) this.#owed = committed;
  }

  #transition(message) {
    const { startVersion, endVersion, modifications } = message;
    assert.deepEqual(startVersion, this.version, "transitions chain");
    assert.ok(endVersion.querySet >= startVersion.querySet);
    assert.ok(endVersion.identity >= startVersion.identity);
    assert.ok(decodeTs(endVersion.ts) >= decodeTs(startVersion.ts), "time goes forward");
    assert.ok(decodeTs(endVersion.ts) >= this.#owed, "no transition older than an answered mutation");
    assert.equal(typeof message.serverTs, "number");
    assert.equal(typeof message.clientClockSkew, "number");
    this.version = endVersion;
    for (const one of modifications) {
      if (one.type === "QueryRemoved") {
        this.results.delete(one.queryId);
      } else {
        assert.ok(Array.isArray(one.logLines));
        this.results.set(one.queryId, one);
      }
    }
    this.transitions.push(message);
  }
}
