package dev.freshet.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.app.Permits;
import dev.freshet.testkit.SimulatedClock;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class RequestsTest {
  private final SimulatedClock clock = new SimulatedClock();
  private final Requests requests =
      new Requests(
          clock,
          Permits.ofRequests(Limits.of(Map.of(Limit.MAX_CONCURRENT_REQUESTS, 1L)), clock),
          TimeUnit.SECONDS.toNanos(300));

  @Test
  void whatTakesTooLongIsInterrupted() throws Exception {
    try (Requests.Running running = requests.begin(false, "client")) {
      clock.advance(Duration.ofSeconds(299));
      requests.interruptOverdue();
      assertThat(Thread.currentThread().isInterrupted()).isFalse();
      clock.advance(Duration.ofSeconds(1));
      requests.interruptOverdue();
      assertThat(Thread.interrupted()).isTrue();
      assertThat(running.timedOut()).isTrue();
    }
    requests.interruptOverdue();
    assertThat(Thread.interrupted()).isFalse();
  }

  @Test
  void aPlaceCanBeGivenUpWhileItsRequestGoesOn() {
    try (Requests.Running waiting = requests.begin(false, "client")) {
      waiting.leavePlace();
      try (Requests.Running other = requests.begin(false, "client")) {
        assertThat(other.waitedNanos()).isZero();
      }
    }
    // It isn't given back twice.
    try (Requests.Running only = requests.begin(false, "client")) {
      assertThat(only.timedOut()).isFalse();
    }
  }

  @Test
  void aRequestWhoseTimeOthersLimitIsNotInterrupted() {
    try (Requests.Running running = requests.beginOpenEnded()) {
      running.stopClock();
      clock.advance(Duration.ofSeconds(1000));
      requests.interruptOverdue();
      requests.interruptUnlimited();
      assertThat(Thread.interrupted()).isFalse();
      assertThat(running.timedOut()).isFalse();
    }
  }

  @Test
  void requestsBeyondTheLimitWaitForTheirTurnUnlessTheyOnlyWaitAnyway() throws Exception {
    CountDownLatch second = new CountDownLatch(1);
    Requests.Running first = requests.begin(false, "client");
    try (Requests.Running poll = requests.begin(true, "client")) {
      assertThat(poll.timedOut()).isFalse();
    }
    Thread waiting =
        Thread.ofVirtual()
            .start(
                () -> {
                  try (Requests.Running _ = requests.begin(false, "client")) {
                    second.countDown();
                  }
                });
    Awaitility.await().until(() -> waiting.getState() == Thread.State.TIMED_WAITING);
    assertThat(second.getCount()).isOne();
    first.close();
    assertThat(second.await(20, TimeUnit.SECONDS)).isTrue();
    waiting.join();
    assertThat(requests.awaitIdle(0)).isTrue();
  }

  @Test
  void longPollsEndWhenTheServerStops() throws Exception {
    AtomicBoolean interrupted = new AtomicBoolean();
    CountDownLatch polling = new CountDownLatch(1);
    Thread poll =
        Thread.ofVirtual()
            .start(
                () -> {
                  try (Requests.Running _ = requests.begin(true, "client")) {
                    polling.countDown();
                    Thread.sleep(Duration.ofMinutes(1));
                  } catch (InterruptedException e) {
                    interrupted.set(true);
                  }
                });
    polling.await();
    requests.interruptUnlimited();
    poll.join();
    assertThat(interrupted).isTrue();
  }
}
