// The body of an async function with a parameter `seed`. Does random things with the classes of the web platform and returns what
// came of them: the same in Node as in a context.
let state = seed | 0;
function random(limit) {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) % limit;
}
const pick = (...values) => values[random(values.length)];
const times = (n, make) => Array.from({ length: n }, (_, i) => make(i));
const hex = (bytes) => Array.from(new Uint8Array(bytes.buffer ?? bytes, bytes.byteOffset ?? 0, bytes.byteLength), (b) => b.toString(16).padStart(2, "0")).join("");

const results = [];
async function attempt(name, work) {
  let outcome;
  try {
    outcome = await work();
  } catch (error) {
    outcome = `throws ${error?.name}`;
  }
  results.push([name, outcome === undefined ? null : outcome]);
}

const name = () => pick("a", "B", "x-long-name", "Set-Cookie", "content-type", "é", "", "with space", "c");
const value = () => pick("1", " 2 ", "\t3\n", "a\nb", "ü", "ž", "", "x=1; y=2", 7, null, "\u0001", "a\0b");
const text = () => times(random(20), () => pick("a", "é", "😀", "\ud800", "\n", "\r\n", "\r", '"', "%", "\0", "z".repeat(random(40)))).join("");
const bytes = () => Uint8Array.from(times(random(50), () => random(256)));
const type = () => pick("", "text/plain", "Text/HTML; charset=UTF-8", "é", "image/png");

async function headers() {
  const init = pick(undefined, [["a", "1"], ["b", "2"], ["A", "3"]], { a: 1, "Set-Cookie": "x" }, new Headers({ q: "r" }), [["a"]], "text", null);
  let list;
  await attempt("new Headers", () => {
    list = new Headers(init);
    return [...list];
  });
  list ??= new Headers();
  for (let i = random(15); i > 0; i--) {
    const [key, content] = [name(), value()];
    await pick(
      () => attempt("append", () => list.append(key, content)),
      () => attempt("set", () => list.set(key, content)),
      () => attempt("delete", () => list.delete(key)),
      () => attempt("get", () => list.get(key)),
      () => attempt("has", () => list.has(key)),
      () => attempt("getSetCookie", () => list.getSetCookie()),
    )();
  }
  await attempt("entries", () => [[...list], [...list.keys()], [...list.values()]]);
}

const part = () => pick(text, bytes, () => bytes().buffer, () => new Blob([text()], { type: type() }), () => new DataView(bytes().buffer), () => 5, () => null, () => new Uint16Array([1, 2, 3]).subarray(1))();

async function blobs() {
  let blob = new Blob(times(random(5), part), { type: type() });
  await attempt("blob", async () => [blob.size, blob.type, hex(await blob.arrayBuffer()), await blob.text()]);
  for (let i = 0; i < 3; i++) {
    blob = blob.slice(pick(undefined, 0, 1, -3, 10, 1000, -1000), pick(undefined, 0, 5, -1, 20, -1000), pick(undefined, "x/Y", "é"));
    await attempt("slice", async () => [blob.size, blob.type, hex(await blob.arrayBuffer())]);
  }
  await attempt("blob stream", async () => {
    const chunks = [];
    for await (const chunk of blob.stream()) {
      chunks.push(hex(chunk));
    }
    return chunks.join("");
  });
  await attempt("file", async () => {
    const file = new File([blob], pick("a.txt", "é", "\ud800", 5), { type: type(), lastModified: pick(5, 6, 7) });
    return [file.name, file.lastModified, file.size, file.type, file instanceof Blob, String(file)];
  });
  await attempt("bad blob", () => new Blob(pick("text", 5, null, {})).size);
}

const describeForm = async (form) => {
  const entries = [];
  for (const [key, content] of form) {
    entries.push([key, typeof content === "string" ? content : [content.name, content.type, hex(await content.arrayBuffer())]]);
  }
  return entries;
};

async function forms() {
  const form = new FormData();
  const key = () => pick("a", "b", 'quo"te', "new\nline", "é", "\ud800");
  for (let i = random(12); i > 0; i--) {
    const [k, v] = [key(), pick(text, () => new Blob([bytes()], { type: type() }), () => new File([text()], "f.txt"), () => 5)()];
    await pick(
      () => attempt("append", () => form.append(k, v)),
      () => attempt("set", () => form.set(k, v)),
      () => attempt("delete", () => form.delete(k)),
      () => attempt("named", () => form.append(k, v, pick('na"me', "x.bin", "é"))),
      () => attempt("has", () => [form.has(k), form.getAll(k).length, typeof form.get(k)]),
    )();
  }
  await attempt("form", () => describeForm(form));
  await attempt("multipart", async () => describeForm(await new Response(form).formData()));
  await attempt("urlencoded", async () => describeForm(await new Response(new URLSearchParams([[text(), text()], ["a", "1"]])).formData()));
  const boundary = pick("xyz", '"a b"');
  const raw = pick(
    '--xyz\r\nContent-Disposition: form-data; name="a"\r\n\r\nvalue\r\n--xyz--\r\n',
    '--xyz\r\ncontent-disposition: form-data; name="f"; filename="x.txt"\r\nContent-Type: text/html\r\n\r\n<p>\r\n\r\n--xyz\r\nContent-Disposition: form-data; name="b"\r\n\r\n\r\n--xyz--\r\n',
    '--xyz--\r\n',
    "",
    "--xyz\r\n\r\nvalue\r\n--xyz--",
    '--xyz\r\nContent-Disposition: form-data; name="a"\r\n\r\nnever ended',
  );
  await attempt("parse", async () =>
    describeForm(await new Response(raw, { headers: { "content-type": `multipart/form-data; boundary=${boundary}` } }).formData()),
  );
  await attempt("no type", async () => describeForm(await new Response(raw, { headers: { "content-type": pick("text/plain", "multipart/form-data") } }).formData()));
}

const body = () =>
  pick(
    () => undefined,
    () => null,
    text,
    bytes,
    () => bytes().buffer,
    () => new Blob([text()], { type: type() }),
    () => new URLSearchParams({ a: text() }),
    () => new ReadableStream({ start(c) { c.enqueue(bytes()); c.enqueue(bytes()); c.close(); } }),
    () => new ReadableStream({ start(c) { c.enqueue("no bytes"); c.close(); } }),
    () => new ReadableStream({ start(c) { c.error(new RangeError("broken")); } }),
    () => '{"a":[1,2]}',
  )();

async function read(message) {
  await attempt("read", async () => {
    const kind = pick("text", "json", "arrayBuffer", "blob");
    const content = await message[kind]();
    return [kind, content instanceof Blob ? [content.type, hex(await content.arrayBuffer())] : content instanceof ArrayBuffer ? hex(content) : content];
  });
  await attempt("used", () => message.bodyUsed);
}

async function responses() {
  let response;
  const status = pick(undefined, 200, 201, 404, 199, 600, "302", 599, "x", 204);
  await attempt("new Response", () => {
    response = new Response(status === 204 ? null : body(), { status, statusText: pick(undefined, "Fine", "bad\n"), headers: pick(undefined, { "x-a": "1" }, [["Content-Type", "a/b"]]) });
    return [response.status, response.ok, response.statusText, response.type, response.url, response.redirected, [...response.headers], response.body === null, response.bodyUsed];
  });
  if (response !== undefined) {
    let copy;
    await attempt("clone", () => {
      copy = response.clone();
      return [...copy.headers];
    });
    await read(response);
    await read(response);
    await attempt("clone used", () => response.clone().status);
    if (copy !== undefined) {
      await read(copy);
    }
  }
  await attempt("json", async () => {
    const made = Response.json(pick({ a: 1 }, null, [1], "x", undefined, () => 1), { status: pick(200, 201), headers: pick(undefined, { "content-type": "x/y" }) });
    return [made.status, [...made.headers], await made.text()];
  });
  await attempt("redirect", () => {
    const made = Response.redirect(pick("http://a/b?é", "https://x"), pick(undefined, 301, 307, 200));
    return [made.status, [...made.headers]];
  });
}

async function requests() {
  let request;
  const init = { method: pick(undefined, "get", "POST", "PATCH", "QUERY", "TRACE", "bad method", "put", "head"), body: body(), headers: pick(undefined, { "x-b": "2" }, { "content-type": "q/r" }), redirect: pick(undefined, "manual", "error", "other"), duplex: "half" };
  await attempt("new Request", () => {
    request = new Request(pick("http://example.com/a b?c#d", new URL("https://x/y"), "nope", "http://u:p@x/"), init);
    return [request.method, request.url, [...request.headers], request.redirect, request.body === null, request.bodyUsed, request.signal.aborted];
  });
  if (request === undefined) {
    return;
  }
  await attempt("from request", async () => {
    const other = new Request(request, pick({}, { method: "PUT" }, { headers: { c: "3" } }));
    const described = [other.method, other.url, [...other.headers], request.bodyUsed, other.bodyUsed];
    await read(other);
    return described;
  });
  await read(request);
  await attempt("clone", async () => request.clone().method);
}

async function streams() {
  const chunks = times(random(6), bytes);
  const source = () => new ReadableStream({ pull(c) { const next = left.shift(); if (next === undefined) { c.close(); } else { c.enqueue(next); } } }, { highWaterMark: random(3) });
  let left = [...chunks];
  await attempt("iterate", async () => {
    const seen = [];
    for await (const chunk of source()) {
      seen.push(hex(chunk));
    }
    return seen;
  });
  left = [...chunks];
  await attempt("tee and transform", async () => {
    const [one, two] = source().tee();
    const doubled = one.pipeThrough(new TransformStream({ transform(chunk, c) { c.enqueue(hex(chunk)); c.enqueue("-"); }, flush(c) { c.enqueue("end"); } }));
    const collect = async (stream) => {
      const seen = [];
      for await (const chunk of stream) {
        seen.push(typeof chunk === "string" ? chunk : hex(chunk));
      }
      return seen;
    };
    return Promise.all([collect(doubled), collect(two)]);
  });
  await attempt("decode", async () => {
    const whole = new TextEncoder().encode(text());
    const cut = random(whole.length + 1);
    const halves = [whole.slice(0, cut), whole.slice(cut)];
    let decoded = "";
    for await (const chunk of new ReadableStream({ start(c) { halves.forEach((half) => c.enqueue(half)); c.close(); } }).pipeThrough(new TextDecoderStream())) {
      decoded += chunk;
    }
    return decoded;
  });
  await attempt("encode", async () => {
    const parts = [text(), text(), "\ud83d", "\ude00"];
    let encoded = "";
    for await (const chunk of new ReadableStream({ start(c) { parts.forEach((p) => c.enqueue(p)); c.close(); } }).pipeThrough(new TextEncoderStream())) {
      encoded += hex(chunk);
    }
    return encoded;
  });
  await attempt("byte stream", async () => {
    left = [...chunks].filter((chunk) => chunk.length > 0).map((chunk) => chunk.slice());
    const stream = new ReadableStream({ type: "bytes", pull(c) { const next = left.shift(); if (next === undefined) { c.close(); c.byobRequest?.respond(0); } else { c.enqueue(next); } } });
    const reader = stream.getReader({ mode: "byob" });
    const seen = [];
    for (;;) {
      const { done, value } = await reader.read(new Uint8Array(7));
      if (done) {
        return seen.join("");
      }
      seen.push(hex(value));
    }
  });
  await attempt("writable", async () => {
    const seen = [];
    const writable = new WritableStream({ write(chunk) { seen.push(hex(chunk)); }, close() { seen.push("closed"); } });
    const writer = writable.getWriter();
    for (const chunk of chunks) {
      await writer.write(chunk);
    }
    await writer.close();
    return seen;
  });
  await attempt("aborted pipe", async () => {
    const controller = new AbortController();
    controller.abort(new RangeError("enough"));
    await new ReadableStream({}).pipeTo(new WritableStream({}), { signal: controller.signal });
  });
  await attempt("transfer", () => {
    const buffer = bytes().buffer;
    const copy = structuredClone(buffer, { transfer: [buffer] });
    return [hex(copy), buffer.byteLength];
  });
  await attempt("disturbed", async () => {
    const stream = source();
    const reader = stream.getReader();
    await reader.read();
    reader.releaseLock();
    return new Response(stream).status;
  });
}

for (const test of [headers, blobs, forms, responses, requests, streams]) {
  await test();
}
return results;
