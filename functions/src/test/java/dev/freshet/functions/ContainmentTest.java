package dev.freshet.functions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.freshet.functions.FunctionOutcome.Success;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Queries that try to harm: each ends with the error that is documented, and the next call finds
 * nothing of it.
 */
class ContainmentTest extends RunnerTest {
  private static final String TIMEOUT = "Function execution timed out \\(maximum duration: 1s\\)";
  private static final String OUT_OF_MEMORY =
      "JavaScript execution ran out of memory \\(maximum memory usage: 64 MB\\)";
  private static final String TOO_DEEP = "Uncaught RangeError: Maximum call stack size exceeded";
  private static final String NO_BUFFER =
      "Uncaught RangeError: (Array buffer|WebAssembly.Memory\\(\\)).*";

  /** What a body ends with: a regular expression for the error, or for the result. */
  private record Row(String name, String body, String expected) {}

  private static final List<Row> ROWS =
      List.of(
          // Memory.
          new Row(
              "a huge array",
              "return new Array(1e9).fill(1).length;",
              OUT_OF_MEMORY + "|" + TIMEOUT),
          new Row(
              "objects",
              "const a = []; for (;;) a.push({a: [1], b: {}});",
              OUT_OF_MEMORY + "|" + TIMEOUT),
          new Row(
              "a map",
              "const m = new Map(); for (let i = 0;; i++) m.set(i, {i});",
              OUT_OF_MEMORY + "|" + TIMEOUT),
          new Row(
              "closures",
              "const a = []; for (;;) { const b = new Array(1000); a.push(() => b); }",
              OUT_OF_MEMORY + "|" + TIMEOUT),
          new Row(
              "a rope",
              "let s = 'x'; for (;;) s += s;",
              "Uncaught RangeError: Invalid string length"),
          new Row(
              "a flattened rope",
              "let s = 'x'; for (let i = 0; i < 28; i++) s += s; return JSON.parse('\"' + s +"
                  + " '\"').length;",
              OUT_OF_MEMORY + "|268435456"),
          new Row("a buffer", "return new ArrayBuffer(1e9).byteLength;", NO_BUFFER),
          new Row(
              "buffers",
              "const a = []; for (;;) a.push(new Uint8Array(4 << 20).fill(1));",
              NO_BUFFER + "|" + OUT_OF_MEMORY + "|" + TIMEOUT),
          new Row("a shared buffer", "return new SharedArrayBuffer(1e9).byteLength;", NO_BUFFER),
          new Row(
              "wasm memory",
              "return new WebAssembly.Memory({initial: 65536}).buffer.byteLength;",
              NO_BUFFER),
          new Row(
              "growing wasm memory",
              "const m = new WebAssembly.Memory({initial: 1}); let n = 0; try { for (;;) {"
                  + " m.grow(256); n++; } } catch (e) { return e.name; }",
              "\"RangeError\""),
          new Row(
              "many wasm memories",
              "const a = []; try { for (;;) { const m = new WebAssembly.Memory({initial: 256}); new"
                  + " Uint8Array(m.buffer).fill(1); a.push(m); } } catch (e) { return e.name; }",
              "\"RangeError\"|" + OUT_OF_MEMORY + "|" + TIMEOUT),
          new Row(
              "a bigint",
              "return String(2n ** 2n ** 30n).length;",
              "Uncaught RangeError: Maximum BigInt size exceeded|" + TIMEOUT),
          new Row(
              "bigints",
              "let a = 3n; for (;;) a *= a;",
              "Uncaught RangeError: Maximum BigInt size exceeded|" + TIMEOUT),
          new Row(
              "string concatenation in JSON",
              "const a = []; for (;;) a.push(JSON.stringify(a.slice(-50)));",
              OUT_OF_MEMORY + "|" + TIMEOUT + "|Uncaught RangeError: Invalid string length"),
          new Row(
              "a typed array of doubles",
              "const a = []; for (;;) a.push(new Float64Array(1e5));",
              NO_BUFFER + "|" + OUT_OF_MEMORY + "|" + TIMEOUT),
          new Row(
              "symbols and properties",
              "const o = {}; for (let i = 0;; i++) o['p' + i] = i;",
              OUT_OF_MEMORY + "|" + TIMEOUT),
          new Row(
              "many decoders",
              "const a = []; for (;;) a.push(new TextDecoder());",
              OUT_OF_MEMORY + "|" + TIMEOUT),
          new Row(
              "many storages",
              "const a = []; for (;;) a.push(new AsyncLocalStorage());",
              OUT_OF_MEMORY + "|" + TIMEOUT),
          new Row(
              "many snapshots",
              "for (;;) AsyncLocalStorage.snapshot();",
              OUT_OF_MEMORY + "|" + TIMEOUT),
          new Row(
              "unhandled rejections",
              "for (;;) Promise.reject(new Error('x'));",
              OUT_OF_MEMORY + "|" + TIMEOUT),
          new Row(
              "a huge regular expression",
              "return new RegExp('(a|b)*'.repeat(1e6)).test('a');",
              ".*(RangeError|SyntaxError).*|" + OUT_OF_MEMORY + "|" + TIMEOUT + "|true"),
          // Time.
          new Row("a loop", "for (;;);", TIMEOUT),
          new Row("a regular expression", "return /^(a+)+$/.test('a'.repeat(40) + 'b');", TIMEOUT),
          new Row("a sort", "[3, 2, 1].sort(() => { for (;;); });", TIMEOUT),
          new Row("toJSON", "return JSON.stringify({toJSON() { for (;;); }});", TIMEOUT),
          new Row(
              "a dense graph as JSON",
              "let o = {}; for (let i = 0; i < 40; i++) o = {a: o, b: o}; return"
                  + " JSON.stringify(o).length;",
              TIMEOUT + "|Uncaught RangeError: Invalid string length|" + OUT_OF_MEMORY),
          new Row("a getter of the result", "return {get a() { for (;;); }};", TIMEOUT),
          new Row(
              "a message",
              "throw Object.defineProperty(new Error(), 'message', {get() { for (;;); }});",
              TIMEOUT),
          new Row(
              "a stack",
              "throw Object.defineProperty(new Error(), 'stack', {get() { for (;;); }});",
              TIMEOUT),
          new Row("inspect", "console.log({inspect() { for (;;); }});", TIMEOUT),
          new Row("microtasks", "for (;;) await null;", TIMEOUT),
          new Row(
              "queueMicrotask",
              "const f = () => queueMicrotask(f); f(); await new Promise(() => {});",
              TIMEOUT),
          new Row("finally", "try { for (;;); } finally { for (;;); }", TIMEOUT),
          new Row("catch", "for (;;) try { for (;;); } catch {}", TIMEOUT),
          new Row("a proxy", "return new Proxy({}, {ownKeys() { for (;;); }});", TIMEOUT),
          new Row(
              "wasm",
              "return new WebAssembly.Instance(new WebAssembly.Module(new"
                  + " Uint8Array([0,97,115,109,1,0,0,0,1,4,1,96,0,0,3,2,1,0,7,5,1,1,102,0,0,10,9,1,7,0,3,64,12,0,11,11]))).exports.f();",
              TIMEOUT),
          new Row("array methods", "return new Array(2 ** 32 - 1).indexOf(1);", TIMEOUT + "|-1"),
          new Row(
              "string repeat and replace",
              "return 'a'.repeat(1e7).replace(/a/g, 'b'.repeat(100)).length;",
              TIMEOUT + "|.*RangeError.*|" + OUT_OF_MEMORY + "|1000000000"),
          new Row(
              "prepareStackTrace",
              "Error.prepareStackTrace = () => { for (;;); }; throw new Error('x');",
              TIMEOUT),
          new Row("a thenable", "return {then() { for (;;); }};", TIMEOUT),
          new Row(
              "Symbol.toPrimitive",
              "console.log({[Symbol.toPrimitive]() { for (;;); }}); return `${{toString() { for"
                  + " (;;); }}}`;",
              TIMEOUT),
          // The stack.
          new Row("recursion", "const f = () => f() + 1; f();", TOO_DEEP),
          new Row(
              "a proxy's recursion",
              "const p = new Proxy({}, {get: (t, k, r) => r[k]}); return p.x;",
              TOO_DEEP),
          new Row(
              "deep JSON",
              "let b = []; for (let i = 0; i < 1e5; i++) b = [b]; return JSON.stringify(b);",
              TOO_DEEP),
          new Row(
              "a deep result",
              "let b = []; for (let i = 0; i < 1e5; i++) b = [b]; return b;",
              TOO_DEEP),
          new Row(
              "a cyclic result",
              "const a = []; a[0] = a; return a;",
              "Uncaught TypeError: Converting circular structure to JSON.*"),
          new Row(
              "a deep log",
              "let b = []; for (let i = 0; i < 1e5; i++) b = [b]; console.log(b); return 1;",
              "1"),
          new Row(
              "a deep parse",
              "return JSON.parse('['.repeat(1e6)).length;",
              ".*(RangeError|SyntaxError).*"),
          new Row(
              "a deep regular expression",
              "return new RegExp('('.repeat(1e5) + ')'.repeat(1e5)).test('');",
              ".*(SyntaxError|RangeError).*|true|" + OUT_OF_MEMORY),
          // Promises.
          new Row(
              "a promise that stays",
              "await new Promise(() => {});",
              "Returned promise will never resolve"),
          new Row(
              "a million promises",
              "const a = []; for (let i = 0; i < 1e6; i++) a.push(new Promise(() => {})); await"
                  + " Promise.all(a);",
              "Returned promise will never resolve|" + OUT_OF_MEMORY + "|" + TIMEOUT),
          new Row(
              "a million calls",
              "for (let i = 0; i < 1e6; i++) call('a'); return 1;",
              "Uncaught Error: Too many concurrent operations.*|" + TIMEOUT),
          new Row(
              "a rejection after the result",
              "Promise.reject(new Error('late')); return 1;",
              "Uncaught Error: late"),
          // Logs and errors.
          new Row("many lines", "for (let i = 0; i < 1e5; i++) console.log(i); return 1;", "1"),
          new Row("a long line", "console.log('x'.repeat(1e7)); return 1;", "1"),
          new Row("many parts", "console.log(...new Array(1e5).fill('x')); return 1;", "1"),
          new Row(
              "a proxy that throws",
              "console.log(new Proxy({}, {get() { throw 1; }, ownKeys() { throw 2; }})); return 1;",
              "1"),
          new Row("a long message", "throw new Error('x'.repeat(1e7));", "Uncaught Error: x+"),
          new Row(
              "long names",
              "Error.stackTraceLimit = 1e6; const f = (n) => { if (n > 0) f(n - 1); else throw new"
                  + " Error('x'); }; Object.defineProperty(f, 'name', {value: 'f'.repeat(1e6)});"
                  + " f(3000);",
              "Uncaught( Error: x)?|" + OUT_OF_MEMORY + "|" + TIMEOUT),
          new Row(
              "large data",
              "throw Object.assign(new Error('x'), {ConvexErrorSymbol: Symbol.for('x'),"
                  + " [Symbol.for('x')]: true, data: JSON.stringify('y'.repeat(2e7))});",
              "ConvexError with invalid data.*|Uncaught Error: x"),
          // State.
          new Row(
              "a polluted Object",
              "Object.prototype.toJSON = () => 'p'; Object.prototype.value = 1; return {a: 1};",
              ".*"),
          new Row(
              "a replaced then",
              "Promise.prototype.then = () => { throw new Error('t'); }; return await call('a');",
              ".*"),
          new Row(
              "a species",
              "class P extends Promise { static get [Symbol.species]() { for (;;); } } return await"
                  + " P.resolve(1).then(() => 2);",
              TIMEOUT + "|2"),
          new Row(
              "a poisoned iterator",
              "Array.prototype[Symbol.iterator] = function* () { for (;;) yield 1; }; return [1];",
              ".*"),
          new Row("a replaced Convex", "Convex = null; return 1;", "1"),
          new Row(
              "a patched call",
              "const seen = []; for (const k of ['call', 'apply', 'bind']) { const o ="
                  + " Function.prototype[k]; Function.prototype[k] = function (...a) {"
                  + " seen.push(this); return Reflect.apply(o, this, a); }; } await call('a');"
                  + " console.log('x'); new URL('http://a'); return seen.filter((f) => !(f"
                  + " instanceof Function)).length;",
              "0"),
          new Row(
              "Atomics.wait",
              "return Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);",
              "Uncaught TypeError: Atomics.wait cannot be called.*"),
          new Row("Atomics.waitAsync", "return typeof Atomics.waitAsync;", "\"undefined\""),
          new Row(
              "variables of the server",
              "return [process.env.PATH, process.env.HOME, process.env['x'.repeat(1e7)]];",
              "\\[null,null,null\\]"),
          new Row(
              "modules of Node",
              "return [typeof require, typeof process.binding, typeof process.mainModule, typeof"
                  + " globalThis.Buffer];",
              "\\[\"undefined\",\"undefined\",\"undefined\",\"undefined\"\\]"),
          new Row(
              "import",
              "return import('node:fs').then(() => 'reached', (e) => e.name);",
              "\"TypeError\""),
          new Row(
              "the network",
              "return typeof WebSocket + typeof XMLHttpRequest + (await"
                  + " fetch('http://127.0.0.1').catch((e) => e.message)).slice(0, 15);",
              "\"undefinedundefinedCan't use fetch\""),
          new Row(
              "a timer",
              "setTimeout(() => {}, 1); return 1;",
              "Uncaught Error: Can't use setTimeout.*"));

  @TestFactory
  Stream<DynamicTest> contains() {
    host.mayRestart = true;
    return ROWS.stream().map(row -> dynamicTest(row.name(), () -> check(row)));
  }

  private void check(Row row) {
    FunctionOutcome outcome = outcome(Script.query(row.body()));
    String text =
        switch (outcome) {
          case Success success -> new String(success.resultJson(), StandardCharsets.UTF_8);
          case FunctionOutcome.Failure failure -> failure.error().message();
        };
    assertThat(text.substring(0, Math.min(300, text.length())).lines().findFirst().orElse(""))
        .matches(row.expected());
    assertThat(queried("return [typeof globalThis.leak, ({}).value, [1].map((x) => x + 1)[0]];"))
        .isEqualTo("[\"undefined\",null,2]");
  }
}
