package dev.freshet.functions;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.values.FreshetException;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class UnawaitedWorkTest extends ActionTest {
  @Test
  void isNamedWhenTheActionReturnsBeforeIt() {
    CountDownLatch never = new CountDownLatch(1);
    host.answers =
        (operation, args) -> {
          try {
            never.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          return "null";
        };
    ActionOutcome outcome =
        outcome(
            Script.action(
                "void call('1.0/actions/mutation'); void call('1.0/storageGetUrl'); return 1;"));
    assertThat(result(outcome)).isEqualTo("1");
    assertThat(outcome.spent().unawaited()).containsExactly("mutation", "storageGetUrl");
    never.countDown();
  }

  @Test
  void failsTheActionWhenNobodyHandlesItsFailure() {
    host.answers =
        (operation, args) -> {
          throw FreshetException.badRequest("Test", "refused");
        };
    assertThat(failed("void call('1.0/x'); await sleep(60_000);").message())
        .isEqualTo("Uncaught Error: refused");
    assertThat(failed("Promise.reject(new Error('forgotten')); return 1;").message())
        .isEqualTo("Uncaught Error: forgotten");
  }

  @Test
  void doesNotFailTheActionWhenItsFailureIsHandledInTheSameTurn() {
    assertThat(
            ran(
                "const p = Promise.reject(new Error('x')); await null;"
                    + " return await p.catch(() => 'handled');"))
        .isEqualTo("\"handled\"");
  }

  @Test
  void failuresStrikeOnlyTheCallThatCausedThem() throws Exception {
    Thread other =
        Thread.startVirtualThread(
            () ->
                failed(
                    "await sleep(20); void (async () => { throw new Error('mine'); })(); await"
                        + " sleep(60_000);"));
    assertThat(ran("for (let i = 0; i < 40; i++) { await sleep(1); } return 'unharmed';"))
        .isEqualTo("\"unharmed\"");
    other.join();
  }

  @Test
  void thatCanNeverEndIsAFailureOfTheAction() {
    assertThat(failed("await new Promise(() => {});").message())
        .isEqualTo("Returned promise will never resolve");
    assertThat(failed("await sleep(1); await new Promise(() => {});").message())
        .isEqualTo("Returned promise will never resolve");
  }
}
