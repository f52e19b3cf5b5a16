import type { ActionControl } from "../context/action.js";
import type { EventHost } from "../context/host.js";
import type { Context } from "../process/context.js";
import { bytesOf, createHost } from "../process/host.js";
import type { Scripts } from "../process/scripts.js";
import type { Call } from "./calls.js";
import { startFetch } from "./fetch.js";
import { isTooLarge } from "./limits.js";
import { FromRunner, LARGEST_SMALL_FRAME } from "./protocol.js";

type OwnCalls = Omit<EventHost, keyof ReturnType<typeof createHost>>;
type Answer = number | string | undefined;

/** No operation of the server has a longer name. */
const MAX_NAME = 100;
const RENAMED = new Map([
  ["shallowMerge", "patch"],
  ["queryPage", "paginate"],
]);

/** What log lines call an operation (spec 30 §9.3). */
function displayName(operation: string): string {
  const name = operation.replace(/^1\.0\//, "").replace(/^actions\//, "");
  return RENAMED.get(name) ?? name;
}

/** Whether texts fit in a small frame. */
function fit(texts: string[]): boolean {
  return texts.reduce((sum, text) => sum + 4 + Buffer.byteLength(text, "utf8"), 0) <= LARGEST_SMALL_FRAME / 2;
}

type Pairs = Array<[string, string]>;

/** The headers of a response, whatever user code has made of them. */
function readPairs(json: string): Pairs | undefined {
  const pairs = JSON.parse(json ?? "null") as unknown;
  const isPair = (pair: unknown) => Array.isArray(pair) && pair.length === 2 && pair.every((part) => typeof part === "string");
  return Array.isArray(pairs) && pairs.every(isPair) ? (pairs as Pairs) : undefined;
}

/** The host functions of action contexts. As in process/host.ts one object serves all; `current` tells whose turn it is. */
export function createActionHost(scripts: Scripts, current: () => Call): EventHost {
  function missingStream(call: Call): undefined {
    call.refusal = "No such stream";
    return undefined;
  }

  function syscall(operation: string, argsJson: string): Answer {
    const call = current();
    if (operation.length > MAX_NAME) {
      call.refusal = "Unknown operation, of a very long name";
      return undefined;
    }
    if (isTooLarge(argsJson, call.services.limits)) {
      call.refusal = `Arguments for ${displayName(operation)} are too large`;
      return undefined;
    }
    return call.operation(displayName(operation), argsJson.length, (request) => {
      call.services.out.begin(FromRunner.REQUEST, call.id).u32(request).text(operation).text(argsJson).close();
    });
  }

  const own: OwnCalls = {
    timerStart: (id, millis) => current().startTimer(id, millis),
    timerClear: (id) => current().clearTimer(id),
    moduleLoad(path): Answer {
      const call = current();
      const entry = scripts.entry(call.start.set, path);
      if (entry === undefined) {
        call.refusal = `Couldn't find JavaScript module '${path}'.`;
        return undefined;
      }
      if (entry.node) {
        call.refusal = `Couldn't import '${path}' here: it has "use node" and runs in Node.js.`;
        return undefined;
      }
      return "";
    },
    streamRead(stream): Answer {
      const call = current();
      const source = call.streams.source(stream);
      return source === undefined ? missingStream(call) : call.operation("ReadableStream", 0, (request) => source.read(request), "part");
    },
    streamTake: (stream, buffer, offset, length) => current().streams.source(stream)?.take(bytesOf(buffer, offset, length)) ?? 0,
    streamCancel: (stream) => current().streams.source(stream)?.cancel(),
    streamNew: () => current().streams.newSink(),
    streamWrite(stream, buffer, offset, length): Answer {
      const call = current();
      const sink = call.streams.sink(stream);
      if (sink === undefined) {
        return missingStream(call);
      }
      const chunk = Buffer.from(bytesOf(buffer, offset, length));
      return call.operation("ReadableStream", 0, (request) => sink.write(chunk, request), "part");
    },
    streamClose: (stream) => current().streams.sink(stream)?.end(),
    streamFail: (stream, message) => current().streams.sink(stream)?.end(String(message)),
    httpHead(status, headersJson, stream) {
      const call = current();
      if (call.response !== undefined) {
        return "";
      }
      const headers = readPairs(headersJson);
      if (headers === undefined || !(Number.isInteger(status) && status >= 200 && status <= 599)) {
        return "The status or headers of the response are invalid";
      }
      if (!fit(headers.flat())) {
        return "The headers of the response are too large";
      }
      const sink = stream === 0 ? undefined : call.streams.sink(stream);
      call.response = { stream: sink };
      const { out } = call.services;
      out.begin(FromRunner.HEAD, call.id).u32(status).u32(sink === undefined ? 0 : stream).u32(headers.length);
      for (const [name, value] of headers) {
        out.text(name).text(value);
      }
      out.close();
      if (sink !== undefined) {
        sink.onClosed = () => call.post(() => undefined);
        call.streams.sendToServer(stream);
      }
      return "";
    },
    fetchStart(requestJson, stream): Answer {
      const call = current();
      call.effect();
      return startFetch(call, requestJson, stream);
    },
    fetchAbort: (request) => current().abort(request),
    storageStore(stream, contentType, digest): Answer {
      const call = current();
      if (!fit([contentType, digest])) {
        call.refusal = "The content type or digest of the file is too large";
        call.streams.sink(stream)?.refuse(call.refusal);
        return undefined;
      }
      return call.operation("storage.store", 0, (request) => {
        call.services.out.begin(FromRunner.STORE, call.id).u32(request).u32(stream).text(contentType).text(digest).close();
        call.streams.sendToServer(stream);
      });
    },
    storageOpen(storageId): Answer {
      const call = current();
      if (!fit([storageId])) {
        call.refusal = "The storage id is too large";
        return undefined;
      }
      return call.operation(
        "storage.get",
        0,
        (request) => call.services.out.begin(FromRunner.OPEN, call.id).u32(request).text(storageId).close(),
        "open",
      );
    },
  };

  const shared = createHost(
    {
      syscall(operation) {
        current().refusal =
          operation === "1.0/componentArgument"
            ? "Component arguments are not available within the app"
            : `Unknown operation ${operation}`;
        return undefined;
      },
      errorMessage: () => current().refusal,
      errorData: () => undefined,
      asyncSyscall: syscall,
      environmentVariable: (name) => current().start.variables.get(name),
      instantiate(path) {
        const call = current();
        try {
          const script = scripts.get(call.start.set, path);
          return script === undefined ? "" : (call.context.run(script.script) as never);
        } catch (error) {
          return `${path}: ${(error as Error).message}`;
        }
      },
      logPart: (text) => current().logs.part(text),
      logEnd: (level) => current().logs.end(level),
      mapFrame(script, line, column) {
        const place = scripts.original(current().start.set, script, line, column);
        return place === undefined ? "" : `${place.file}:${place.line}:${place.column}`;
      },
    },
    () => current().context as Context<ActionControl>,
  );
  return Object.freeze({ __proto__: null, ...shared, ...own } as unknown as EventHost);
}
