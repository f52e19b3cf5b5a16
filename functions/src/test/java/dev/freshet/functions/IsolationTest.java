package dev.freshet.functions;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Attempts to get hold of anything outside of the context. */
class IsolationTest extends RunnerTest {
  /** Says where an object leads: to this realm, to another one, or to no realm at all. */
  private static final String WHERE =
      """
      const where = (value) => {
        if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return 'primitive';
        for (let p = value; p !== null; p = Object.getPrototypeOf(p)) {
          if (p === Object.prototype) return 'here';
          const c = Object.getOwnPropertyDescriptor(p, 'constructor')?.value;
          if (typeof c === 'function' && !(c instanceof Function)) return 'outside';
        }
        return 'nowhere';
      };
      """;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "globalThis",
        "Convex",
        "Convex.syscall",
        "Convex.asyncSyscall",
        "process",
        "process.env",
        "console.log",
        "crypto",
        "performance",
        "new URL('http://a/b')",
        "new URLSearchParams('a=b')",
        "new TextEncoder().encode('x')",
        "new AbortController().signal",
        "new Headers([['a', 'b']]).entries()",
        "new Request('http://a/').signal",
        "new Response('x').body.getReader().closed",
        "await new Response('x').bytes()",
        "await new Response('x').blob()",
        "(await new Response(new FormData()).formData()).entries()",
        "new ReadableStream().getReader()",
        "new TextDecoderStream().readable",
        "Object.getPrototypeOf(Response)",
        "await new Response('{').json().catch((e) => e)",
        "(() => { try { new Request('::'); } catch (e) { return e; } })()",
        "(() => { try { new Response('x', {status: 1}); } catch (e) { return e; } })()",
        "structuredClone(new Map())",
        "new Date()",
        "new AsyncLocalStorage()",
        "AsyncLocalStorage.snapshot()",
        "crypto.getRandomValues(new Uint8Array(4))",
        "Object.getPrototypeOf(globalThis)",
        "(() => { try { Convex.syscall('x', 'y'); } catch (e) { return e; } })()",
        "(() => { try { Convex.syscall(1); } catch (e) { return e; } })()",
        "(() => { try { new URL('::'); } catch (e) { return e; } })()",
        "(() => { try { atob('%'); } catch (e) { return e; } })()",
        "(() => { try { new TextDecoder('nope'); } catch (e) { return e; } })()",
        "(() => { try { new Function('return 1')(); } catch (e) { return e; } })()",
        "(() => { try { (0, eval)('1'); } catch (e) { return e; } })()",
        "(() => { try { import.meta; } catch (e) { return e; } })()",
        "await import('x').catch((e) => e)",
        "import('x').catch(() => {})",
        "await Convex.asyncSyscall('fail', '{}').catch((e) => e)",
        "Convex.asyncSyscall('x', '{}')",
        "await fetch('http://a').catch((e) => e)",
      })
  void handsOutObjectsOfItsOwnRealmOnly(String expression) {
    host.answers =
        syscall ->
            syscall.operation().equals("fail")
                ? StubHost.failed("no")
                : SyscallResult.answer("null");
    host.syncAnswers =
        syscall -> {
          throw dev.freshet.values.FreshetException.badRequest("X", "no");
        };
    assertThat(queried(WHERE + "return where(" + expression + ");"))
        .isIn("\"here\"", "\"nowhere\"");
  }

  @Test
  void keepsErrorsOfAnOverflowingStackInside() {
    // At every depth near the end of the stack some other function is the one that overflows.
    String body =
        WHERE
            + """
            const calls = [
              () => Convex.syscall('1.0/x', '{}'), () => console.log('x'), () => process.env.FOO, () => Math.random(),
              () => new Error('x').stack, () => new URL('http://a/?b=c').searchParams.get('b'), () => new TextEncoder().encode('abc'),
              () => new TextDecoder().decode(new Uint8Array(3)), () => structuredClone({a: [1]}), () => crypto.randomUUID(),
              () => btoa('x'), () => new Intl.DateTimeFormat().format(), () => performance.now(),
              () => new AsyncLocalStorage().run(1, () => 2),
            ];
            const found = new Set();
            for (const call of calls) {
              let tries = 150;
              const dive = () => {
                try { dive(); } catch (e) { found.add(where(e)); }
                if (tries-- > 0) {
                  try { call(); } catch (e) { found.add(where(e)); }
                }
              };
              try { dive(); } catch (e) { found.add(where(e)); }
            }
            return [...found];
            """;
    assertThat(queried(body)).isEqualTo("[\"here\"]");
    assertThat(queried("return 'still works';")).isEqualTo("\"still works\"");
  }

  @Test
  void showsNothingOfTheProcessToPrepareStackTrace() {
    String body =
        WHERE
            + """
            const found = new Set();
            Error.prepareStackTrace = (error, sites) => {
              found.add(where(sites));
              for (const site of sites) {
                for (const what of ['getThis', 'getFunction']) {
                  const value = site[what]();
                  if (value !== undefined) found.add(where(value));
                }
              }
              return 'x';
            };
            new Error('x').stack;
            try { Convex.syscall('1.0/x', '{}'); } catch (e) { e.stack; }
            try { null.x; } catch (e) { e.stack; }
            await Convex.asyncSyscall('fail', '{}').catch((e) => e.stack);
            return [...found];
            """;
    host.answers = syscall -> StubHost.failed("no");
    assertThat(queried(body)).isEqualTo("[\"here\"]");
  }

  @Test
  void survivesUserCodeThatReplacesBuiltIns() {
    String body =
        """
        for (const type of [Object, Function, Array, Promise, String, Map, Set, WeakMap, Error, RegExp]) {
          for (const name of Object.getOwnPropertyNames(type.prototype)) {
            try {
              if (name !== 'constructor' && typeof type.prototype[name] === 'function') {
                type.prototype[name] = () => { throw new Error('replaced'); };
              }
            } catch {}
          }
        }
        JSON.stringify = () => '"forged"';
        return 1;
        """;
    FunctionOutcome outcome = outcome(Script.query(body));
    assertThat(outcome).isNotNull();
    assertThat(queried("return [1, 2].map((x) => x + 1);")).isEqualTo("[2,3]");
  }

  @Test
  void treatsThenablesAndProxiesAsWhatTheyAre() {
    assertThat(queried("return { then(resolve) { resolve('thenable'); } };"))
        .isEqualTo("\"thenable\"");
    assertThat(
            queryError(
                    "throw new Proxy(new Error('inner'), { get(t, k) { if (k === 'message') throw"
                        + " 1; return t[k]; } });")
                .message())
        .isEqualTo("Uncaught");
    assertThat(queryError("throw new Proxy({}, { getPrototypeOf() { throw 2; } });").message())
        .startsWith("Uncaught");
  }

  @Test
  void hasNoWayToGenerateCode() {
    assertThat(queryError("return eval('1 + 1');").message()).contains("EvalError");
    assertThat(queryError("return new Function('return 1')();").message()).contains("EvalError");
    assertThat(queryError("return (async () => {}).constructor('return 1')();").message())
        .contains("EvalError");
  }

  @Test
  void hasNoNodeGlobals() {
    assertThat(
            queried(
                "return [typeof require, typeof module, typeof exports, typeof Buffer, typeof"
                    + " global, typeof setImmediate, Object.keys(process)];"))
        .isEqualTo(
            "[\"undefined\",\"undefined\",\"undefined\",\"undefined\",\"undefined\",\"undefined\",[\"env\"]]");
  }

  @Test
  void leavesNothingBehindForTheNextCall() {
    queried(
        "globalThis.leak = 1; Object.prototype.leak = 2; Array.prototype.push = null; return 1;");
    assertThat(queried("return [typeof globalThis.leak, ({}).leak, [].push === null];"))
        .isEqualTo("[\"undefined\",null,false]");
  }
}
