package dev.freshet.functions;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ActionTimersTest extends ActionTest {
  @Test
  void fireInTheOrderOfTheirDeadlines() {
    assertThat(
            ran(
                "const order = []; const at = (name, ms) => new Promise((r) => setTimeout(() => {"
                    + " order.push(name); r(); }, ms)); await Promise.all([at('c', 30), at('a', 0),"
                    + " at('b', 10), at('d', 30), at('a2', -5)]); return order.join();"))
        .isEqualTo("\"a,a2,b,c,d\"");
  }

  @Test
  void haveNumbersFromOneAndCanBeCleared() {
    assertThat(
            ran(
                "const fired = []; const one = setTimeout(() => fired.push(1), 0); const two ="
                    + " setTimeout((x) => fired.push(x), 0.9, 'two'); clearTimeout(one);"
                    + " clearTimeout(undefined); await sleep(5); return [one, two, fired];"))
        .isEqualTo("[1,2,[\"two\"]]");
  }

  @Test
  void intervalsStartAgainUntilTheyAreCleared() {
    assertThat(
            ran(
                "let n = 0; await new Promise((r) => { const id = setInterval(() => {"
                    + " if (++n === 3) { clearInterval(id); r(); } }, 1); });"
                    + " await sleep(10); return n;"))
        .isEqualTo("3");
  }

  @Test
  void areNotWaitedForByAnActionThatHasReturned() {
    assertThat(ran("setTimeout(() => console.log('late'), 60_000); return 1;")).isEqualTo("1");
    assertThat(host.lines).isEmpty();
  }

  @Test
  void failTheActionByWhatTheyThrow() {
    assertThat(
            failed("setTimeout(() => { throw new Error('late'); }, 1); await sleep(5000);")
                .message())
        .isEqualTo("Uncaught Error: late");
  }

  @Test
  void areNotStartedByModulesThatLoad() {
    ModuleSet modules =
        Script.actions("setTimeout(() => {}, 1); export const f = action(async () => 1);");
    assertThat(error(outcome(modules)).message())
        .isEqualTo("Uncaught Error: setTimeout unsupported at import time");
  }

  @Test
  void takeFunctionsOnly() {
    assertThat(failed("setTimeout('1', 1);").message())
        .isEqualTo("Uncaught TypeError: setTimeout takes a function");
  }

  @Test
  void areBounded() {
    assertThat(
            ran(
                "let n = 0; try { for (;;) { setTimeout(() => {}, 60_000); n++; } }"
                    + " catch (e) { return [n, e.message]; }"))
        .isEqualTo("[100000,\"Too many timers are waiting\"]");
  }

  @Test
  void runInTheStoreInWhichTheyWereStarted() {
    assertThat(
            ran(
                "const s = new AsyncLocalStorage(); const seen = [];"
                    + " await s.run('outer', async () => { await sleep(1); seen.push(s.getStore());"
                    + "   await new Promise((r) => s.run('inner', () => setTimeout(() => {"
                    + "     seen.push(s.getStore()); r(); }, 1))); seen.push(s.getStore()); });"
                    + " seen.push(s.getStore() ?? 'none'); return seen;"))
        .isEqualTo("[\"outer\",\"inner\",\"outer\",\"none\"]");
  }

  @Test
  void keepNothingOfTheStorageInWhichTheyWereStarted() {
    assertThat(
            ran(
                "const storage = new AsyncLocalStorage(); for (let i = 0; i < 400; i++) await"
                    + " storage.run(new Uint8Array(1 << 20), () => sleep(0)); for (let i = 0; i <"
                    + " 400; i++) clearTimeout(storage.run(new Uint8Array(1 << 20), () =>"
                    + " setTimeout(() => 0, 1e6))); return 1;"))
        .isEqualTo("1");
  }
}
