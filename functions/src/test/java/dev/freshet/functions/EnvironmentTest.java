package dev.freshet.functions;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.functions.FunctionOutcome.Success;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What user code finds in its context. */
class EnvironmentTest extends RunnerTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          new URL('../x?a=1#h', 'https://u:p@Example.com:8080/d/e').href | "https://u:p@example.com:8080/x?a=1#h"
          new URL('http://example.com:80/').port | ""
          new URL('http://example.com:81/').host | "example.com:81"
          (() => { const u = new URL('http://a/?x=1'); u.searchParams.append('y', 'ä b'); return u.href; })() | "http://a/?x=1&y=%C3%A4+b"
          (() => { const u = new URL('http://a/?x=1'); u.searchParams.delete('x'); return u.href; })() | "http://a/"
          (() => { const u = new URL('http://a/'); const p = u.searchParams; u.search = '?q=2'; return p.get('q'); })() | "2"
          (() => { const u = new URL('http://a/b'); u.hash = 'x'; u.port = '90'; u.protocol = 'https'; return String(u); })() | "https://a:90/b#x"
          JSON.stringify({u: new URL('http://a')}) | "{\\"u\\":\\"http://a/\\"}"
          URL.canParse('nope') | false
          URL.parse('nope') | null
          [...new URLSearchParams('?a=1&b=%F0%9F%98%80&a=%zz+x').entries()] | [["a","1"],["b","😀"],["a","%zz x"]]
          new URLSearchParams({a: '1', b: '2'}).toString() | "a=1&b=2"
          new URLSearchParams(new Map([['a', '1']])).toString() | "a=1"
          (() => { const p = new URLSearchParams('b=1&a=2&b=3'); p.set('b', '9'); p.sort(); return [p.toString(), p.size, p.has('a', '3')]; })() | ["a=2&b=9",2,false]
          new URLSearchParams([['a', "!'()~ *-._"]]).toString() | "a=%21%27%28%29%7E+*-._"
          [...new TextEncoder().encode('é😀')] | [195,169,240,159,152,128]
          new TextEncoder().encodeInto('é😀', new Uint8Array(4)) | {"read":1,"written":2}
          new TextDecoder().decode(new Uint8Array([0xef, 0xbb, 0xbf, 104, 105, 255])) | "hi�"
          new TextDecoder('latin1').encoding | "windows-1252"
          (() => { const d = new TextDecoder(); return d.decode(new Uint8Array([195]), {stream: true}) + d.decode(new Uint8Array([169])); })() | "é"
          (() => { try { new TextDecoder('utf-8', {fatal: true}).decode(new Uint8Array([255])); } catch (e) { return e.name; } })() | "TypeError"
          (() => { try { new TextDecoder('nope'); } catch (e) { return e.name; } })() | "RangeError"
          atob(btoa('hé')) | "hé"
          (() => { try { btoa('😀'); } catch (e) { return [e.name, e.code, e instanceof DOMException, e instanceof Error]; } })() | ["InvalidCharacterError",5,true,true]
          structuredClone({a: [1, new Date(5)], m: new Map([[1, new Set([2])]]), r: /x/g, n: null}).m.get(1).has(2) | true
          (() => { const a = {}; a.self = a; const b = structuredClone(a); return b !== a && b.self === b; })() | true
          (() => { try { structuredClone(() => 1); } catch (e) { return e.name; } })() | "DataCloneError"
          [...structuredClone(new Uint8Array([1, 2, 3]).subarray(1))] | [2,3]
          structuredClone(new RangeError('x')) instanceof RangeError | true
          structuredClone(Object.assign(new Error('x'), {name: 'toString'})) instanceof Error | true
          (() => { const c = structuredClone(JSON.parse('{"__proto__": {"a": 1}}')); return [c.a, Object.keys(c)]; })() | [null,["__proto__"]]
          await new Promise((resolve) => queueMicrotask(() => resolve(7))) | 7
          new Intl.NumberFormat('de').format(1234.5) | "1.234,5"
          Intl.DateTimeFormat().resolvedOptions().timeZone | "UTC"
          (() => { const c = new AbortController(); let n = 0; c.signal.addEventListener('abort', () => n++); c.abort(); return [n, c.signal.aborted, c.signal.reason.name]; })() | [1,true,"AbortError"]
          (() => { const t = new EventTarget(); const seen = []; t.addEventListener('x', (e) => seen.push(e.type), {once: true}); t.dispatchEvent(new Event('x')); t.dispatchEvent(new Event('x')); return seen; })() | ["x"]
          [typeof Buffer, typeof require, typeof window, typeof navigator, typeof gc] | ["undefined","undefined","undefined","undefined","undefined"]
          self === globalThis | true
          Object.keys(globalThis) | []
          new WeakRef({a: 1}).deref().a | 1
          (() => { try { Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); } catch (e) { return e.name; } })() | "TypeError"
          (await WebAssembly.instantiate(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]))).instance instanceof WebAssembly.Instance | true
          process.env['not-a-name'] | null
          Object.keys(process.env) | []
          'GREETING' in process.env | false
          process.env.GREETING | "hello"
          process.env.UNSET === undefined | true
          """)
  void evaluates(String expression, String expected) {
    host.environment.put("GREETING", "hello");
    assertThat(queried("return " + expression + ";")).isEqualTo(expected.replace("\\\\", "\\"));
  }

  @Test
  void freezesTheClock() {
    assertThat(
            queried(
                "const a = Date.now(); for (let i = 0; i < 1e6; i++); return [a, Date.now(), new"
                    + " Date().getTime(), +new Date(5), new Date() instanceof Date, Date.UTC(1970,"
                    + " 0), typeof Date(), new (class extends Date {})().constructor === Date];"))
        .isEqualTo(
            "["
                + Fixtures.NOW
                + ","
                + Fixtures.NOW
                + ","
                + Fixtures.NOW
                + ",5,true,0,\"string\",false]");
    assertThat(queried("return new Intl.DateTimeFormat('en', {dateStyle: 'short'}).format();"))
        .isEqualTo("\"1/15/27\"");
    assertThat(
            result(
                Fixtures.query(
                    Script.query(
                        "const loaded = Date.now();", "return [loaded, performance.now()];"),
                    "test:f",
                    "{}")))
        .isEqualTo(
            "["
                + Fixtures.IMPORTS.unixMillis()
                + ","
                + (Fixtures.NOW - Fixtures.IMPORTS.unixMillis())
                + "]");
  }

  @Test
  void drawsTheSameRandomnessForTheSameSeed() {
    String body =
        "return [Math.random(), crypto.randomUUID(), [...crypto.getRandomValues(new"
            + " Uint8Array(4000))].slice(3990), Math.random()];";
    String first = queried(body);
    assertThat(queried(body)).isEqualTo(first);
    FunctionCall call = Fixtures.query(Script.query(body), "test:f", "{}");
    assertThat(
            result(
                new FunctionCall(
                    call.kind(),
                    call.modules(),
                    call.modulePath(),
                    call.functionName(),
                    call.argsJson(),
                    Fixtures.seed(9),
                    call.unixMillis(),
                    call.importPhase(),
                    call.limits())))
        .isNotEqualTo(first);
    String loaded = "const loaded = Math.random();";
    String top = result(Fixtures.query(Script.query(loaded, "return loaded;"), "test:f", "{}"));
    assertThat(result(Fixtures.query(Script.query(loaded, "return loaded;"), "test:f", "{}")))
        .isEqualTo(top);
    assertThat(Double.parseDouble(top)).isBetween(0.0, 1.0);
    assertThat(queried("return crypto.randomUUID();"))
        .matches("\"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\"");
    assertThat(queryError("crypto.getRandomValues(new Uint8Array(70000));").message())
        .contains(
            "Byte length (70000) exceeds the number of bytes of entropy available via this API"
                + " (65536)");
  }

  @Test
  void notesWhatWasObserved() {
    assertThat(outcome(Script.query("return 1;")).observed()).isEqualTo(Observed.NOTHING);
    assertThat(outcome(Script.query("return Date.now();")).observed())
        .isEqualTo(new Observed(true, false));
    assertThat(outcome(Script.query("return Math.random();")).observed())
        .isEqualTo(new Observed(false, true));
    assertThat(outcome(Script.query("const t = Date.now();", "return t;")).observed())
        .isEqualTo(Observed.NOTHING);
  }

  @Test
  void refusesWhatOnlyActionsMayDo() {
    assertThat(queryError("await fetch('http://example.com');").message())
        .startsWith("Uncaught Error: Can't use fetch() in queries and mutations.");
    assertThat(queryError("setTimeout(() => {}, 1); return 1;").message())
        .startsWith("Uncaught Error: Can't use setTimeout in queries and mutations.");
    assertThat(
            error(Fixtures.query(Script.query("fetch('http://a');", "return 1;"), "test:f", "{}"))
                .message())
        .isEqualTo("Uncaught Error: fetch() unsupported at import time");
    assertThat(queryError("return new PerformanceMark('a');").message())
        .startsWith("Uncaught ReferenceError: PerformanceMark is not defined")
        .contains("not available yet");
  }

  @Test
  void readsVariablesThroughTheHost() {
    host.environment.put("A", "1");
    assertThat(
            result(
                Fixtures.query(
                    Script.query(
                        "const a = process.env.A;",
                        "return [a, process.env.A, process.env.A, process.env.B ?? null];"),
                    "test:f",
                    "{}")))
        .isEqualTo("[\"1\",\"1\",\"1\",null]");
    assertThat(host.variablesRead).containsExactly("A", "A", "B");
  }

  @Test
  void keepsAsyncLocalStorageAcrossTurns() {
    host.answers = syscall -> SyscallResult.answer("1");
    assertThat(
            queried(
                """
                const als = new AsyncLocalStorage();
                const inner = async () => { await call('a'); await null; return als.getStore(); };
                const both = await Promise.all([als.run('x', inner), als.run({y: 1}, inner)]);
                const snapshot = als.run('s', () => AsyncLocalStorage.snapshot());
                return [...both, als.getStore() ?? null, snapshot(() => als.getStore()), als.run('z', (a) => a, 5)];
                """))
        .isEqualTo("[\"x\",{\"y\":1},null,\"s\",5]");
  }

  @Test
  void formatsConsoleLines() {
    FunctionOutcome outcome =
        outcome(
            Script.query(
                """
                console.log('a', 1, {b: ['c']}, null, undefined, new Map([[1, 2]]), () => {}, new Error('e'));
                console.warn("it's");
                console.debug(); console.info(new URL('http://a/')); console.error(1n);
                console.log({a: {b: {c: {d: {e: {f: 1}}}}}});
                console.time('t'); console.time('t'); console.timeEnd('nope');
                console.trace('here');
                return 1;
                """));
    List<String> lines = new ArrayList<>();
    outcome.logLines().forEach(line -> lines.add(line.pretty()));
    assertThat(lines.getFirst())
        .isEqualTo(
            "[LOG] 'a' 1 {\n  b: [ 'c' ]\n} null undefined Map (1) {\n  1 => 2\n} [Function"
                + " (anonymous)] [Error: e]");
    assertThat(lines)
        .contains(
            "[WARN] 'it\\'s'",
            "[DEBUG] ",
            "[INFO] http://a/",
            "[ERROR] 1n",
            "[WARN] Timer 't' already exists",
            "[WARN] Timer 'nope' does not exist");
    assertThat(lines.getLast()).startsWith("[LOG] 'here'     at <anonymous> (test.js:");
    assertThat(outcome.logLines()).allMatch(line -> line.functionPath() == null);
  }

  @Test
  void boundsConsoleLines() {
    FunctionOutcome outcome =
        outcome(
            Script.query(
                "console.log('ä'.repeat(40000), 'never'); for (let i = 0; i < 300; i++)"
                    + " console.log(i); return 1;"));
    LogLine first = outcome.logLines().getFirst();
    assertThat(first.truncated()).isTrue();
    assertThat(first.messages()).hasSize(1);
    assertThat(first.messages().getFirst().getBytes(java.nio.charset.StandardCharsets.UTF_8).length)
        .isBetween(32_766, 32_768);
    assertThat(outcome.logLines()).hasSize(256);
    assertThat(outcome.logLines().getLast().pretty())
        .isEqualTo("[ERROR] Log overflow (maximum 256). Remaining log lines omitted.");
  }

  @Test
  void keepsTheLinesOfAFailedCall() {
    FunctionOutcome outcome = outcome(Script.query("console.log('before'); throw new Error('x');"));
    assertThat(outcome).isNotInstanceOf(Success.class);
    assertThat(outcome.logLines()).hasSize(1);
  }
}
