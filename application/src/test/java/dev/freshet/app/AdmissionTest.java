package dev.freshet.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.app.Admission.Fate;
import dev.freshet.app.Admission.Waiter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Arrivals at a number of places, in simulated time. */
class AdmissionTest {
  private static final long MILLI = TimeUnit.MILLISECONDS.toNanos(1);
  private static final int PLACES = 16;
  private static final Admission.Policy POLICY =
      new Admission.Policy(2000, 5000 * MILLI, 500 * MILLI, 2000 * MILLI, 200 * MILLI);

  private record Event(long at, Runnable what) {}

  /** One arrival that has been settled; times in nanoseconds. */
  private record Settled(long since, long at, boolean served) {
    long waitedMillis() {
      return (at - since) / MILLI;
    }
  }

  /** What became of those that arrived in some time. */
  private record Outcome(List<Long> served, List<Long> refused) {
    long servedAt(double fraction) {
      return at(served, fraction);
    }

    long refusedAt(double fraction) {
      return at(refused, fraction);
    }

    private static long at(List<Long> sorted, double fraction) {
      return sorted.get((int) Math.min(sorted.size() - 1, sorted.size() * fraction));
    }
  }

  private static final class Simulation {
    private final Admission admission = new Admission(PLACES, POLICY);
    private final PriorityQueue<Event> events =
        new PriorityQueue<>(Comparator.comparingLong(Event::at));
    private final List<Settled> settled = new ArrayList<>();
    private final LongUnaryOperator service;
    private long now;

    /**
     * @param service how long it takes to serve one, by the time it begins
     */
    Simulation(LongUnaryOperator service) {
      this.service = service;
    }

    /** Arrivals at random moments, so many times as many as can be served. */
    Simulation open(double load, long fromMillis, long toMillis, long seed) {
      SplittableRandom random = new SplittableRandom(seed);
      long interval = (long) (service.applyAsLong(fromMillis * MILLI) / (PLACES * load));
      long at = fromMillis * MILLI;
      while (at < toMillis * MILLI) {
        later(at, () -> arrive(() -> {}));
        at += random.nextLong(2 * interval);
      }
      return this;
    }

    /** Clients of which each comes again as soon as it was served or refused. */
    Simulation closed(int clients) {
      for (int i = 0; i < clients; i++) {
        later(i * MILLI, this::again);
      }
      return this;
    }

    private void again() {
      arrive(() -> later(now + MILLI, this::again));
    }

    Simulation run(long untilMillis) {
      while (!events.isEmpty() && events.peek().at() <= untilMillis * MILLI) {
        Event event = events.remove();
        now = event.at();
        event.what().run();
      }
      return this;
    }

    private void later(long at, Runnable what) {
      events.add(new Event(at, what));
    }

    private void arrive(Runnable whenDone) {
      long since = now;
      Waiter[] waiter = new Waiter[1];
      waiter[0] = admission.want("client", now, now, () -> settled(waiter[0], since, whenDone));
      if (waiter[0].fate() != Fate.WAITS) {
        settled(waiter[0], since, whenDone);
      } else {
        look(waiter[0]);
      }
    }

    /** What a waiting thread does when it wakes. */
    private void look(Waiter waiter) {
      admission.expire(now);
      if (waiter.fate() == Fate.WAITS) {
        later(now + admission.nextLook(waiter, now), () -> look(waiter));
      }
    }

    private void settled(Waiter waiter, long since, Runnable whenDone) {
      boolean served = waiter.fate() == Fate.ADMITTED;
      settled.add(new Settled(since, now, served));
      if (!served) {
        whenDone.run();
        return;
      }
      later(
          now + service.applyAsLong(now),
          () -> {
            admission.giveBack(now);
            whenDone.run();
          });
    }

    Outcome outcome(long fromMillis, long toMillis) {
      List<Long> served = new ArrayList<>();
      List<Long> refused = new ArrayList<>();
      for (Settled one : settled) {
        if (one.since() >= fromMillis * MILLI && one.since() < toMillis * MILLI) {
          (one.served() ? served : refused).add(one.waitedMillis());
        }
      }
      served.sort(null);
      refused.sort(null);
      return new Outcome(served, refused);
    }
  }

  private static LongUnaryOperator always(long millis) {
    return _ -> millis * MILLI;
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void waitsStayFlatWhateverTheLoad(long seed) {
    Outcome easy =
        new Simulation(always(10)).open(0.9, 0, 20_000, seed).run(20_000).outcome(0, 20_000);
    assertThat(easy.refused()).isEmpty();
    for (double load : new double[] {1.2, 2, 10}) {
      Outcome overload =
          new Simulation(always(10)).open(load, 0, 20_000, seed).run(20_000).outcome(8_000, 19_000);
      assertThat(overload.servedAt(0.99)).as("p99 of the served, ms").isLessThanOrEqualTo(200);
      assertThat(overload.refusedAt(0.99)).as("p99 of the refused, ms").isLessThanOrEqualTo(200);
      assertThat(overload.served()).as("no place stays empty").hasSizeGreaterThan(17_500);
      if (load == 10) {
        assertThat(overload.servedAt(0.5)).as("newest first").isLessThanOrEqualTo(20);
      }
    }
  }

  @Test
  void slowFunctionsAreShedAsSoon() {
    Outcome overload =
        new Simulation(always(800)).open(5, 0, 60_000, 1).run(60_000).outcome(10_000, 59_000);
    assertThat(overload.servedAt(0.99)).isLessThanOrEqualTo(200);
    assertThat(overload.refusedAt(1)).isLessThanOrEqualTo(200);
    assertThat(overload.served()).hasSizeGreaterThan(960);
  }

  @Test
  void aBurstIsServedToTheLast() {
    Simulation burst = new Simulation(always(10));
    for (int i = 0; i < 2000; i++) {
      burst.later(MILLI, () -> burst.arrive(() -> {}));
    }
    Outcome outcome = burst.run(10_000).outcome(0, 10_000);
    assertThat(outcome.refused()).isEmpty();
    assertThat(outcome.served()).hasSize(2000);
    assertThat(burst.admission.free()).isEqualTo(PLACES);
  }

  @Test
  void clientsThatComeAgainDoNotKeepUpAnOverloadThatIsOver() {
    LongUnaryOperator slowAtFirst = now -> (now < 10_000 * MILLI ? 250 : 10) * MILLI;
    Simulation loops = new Simulation(slowAtFirst).closed(80).run(20_000);
    assertThat(loops.outcome(0, 10_000).refused()).isNotEmpty();
    Outcome afterwards = loops.outcome(11_000, 19_000);
    assertThat(afterwards.refused()).isEmpty();
    assertThat(afterwards.servedAt(1)).isLessThanOrEqualTo(50);
    assertThat(loops.admission.isOverloaded()).isFalse();
  }

  @Test
  void overloadEndsWithTheLoad() {
    Simulation day =
        new Simulation(always(10)).open(10, 0, 10_000, 1).open(0.8, 10_000, 30_000, 2).run(40_000);
    assertThat(day.outcome(5_000, 10_000).refused()).isNotEmpty();
    assertThat(day.outcome(10_500, 40_000).refused()).isEmpty();
    assertThat(day.admission.isOverloaded()).isFalse();
    assertThat(day.admission.free()).isEqualTo(PLACES);
    assertThat(day.admission.waiting()).isZero();
  }

  @Test
  void aClientWithManyRequestsDoesNotPushOutOneWithFew() {
    Admission admission = new Admission(1, POLICY);
    admission.want("busy", 0, 0, () -> {});
    for (int i = 0; i < 50; i++) {
      admission.want("busy", 0, 0, () -> {});
    }
    Waiter modest = admission.want("modest", 0, 0, () -> {});
    admission.giveBack(MILLI);
    admission.giveBack(MILLI);
    assertThat(modest.fate()).isEqualTo(Fate.ADMITTED);
  }

  @Test
  void aFullQueueIsRefusedAtOnce() {
    Admission admission =
        new Admission(
            1, new Admission.Policy(3, 5000 * MILLI, 500 * MILLI, 2000 * MILLI, 200 * MILLI));
    assertThat(admission.want(0, 0, 0, () -> {}).fate()).isEqualTo(Fate.ADMITTED);
    for (int i = 1; i < 4; i++) {
      assertThat(admission.want(i, 0, 0, () -> {}).fate()).isEqualTo(Fate.WAITS);
    }
    assertThat(admission.want("more", 0, 0, () -> {}).fate()).isEqualTo(Fate.QUEUE_FULL);
  }

  @Test
  void aWaitElsewhereCountsButIsNoOverloadHere() {
    Admission admission = new Admission(1, POLICY);
    admission.want("a", 0, 0, () -> {});
    long now = 9000 * MILLI;
    Waiter late = admission.want("b", now - 4990 * MILLI, now, () -> {});
    Waiter soon = admission.want("c", now - 100 * MILLI, now, () -> {});
    assertThat(admission.nextLook(late, now)).isEqualTo(10 * MILLI);
    admission.expire(now + 10 * MILLI);
    assertThat(late.fate()).isEqualTo(Fate.OUT_OF_PATIENCE);
    assertThat(soon.fate()).isEqualTo(Fate.WAITS);
    assertThat(admission.isOverloaded()).isFalse();
  }

  @Test
  void whoHasBegunIsNeverSentAway() {
    Admission admission = new Admission(1, POLICY);
    admission.want("a", 0, 0, () -> {});
    Waiter again = admission.wantAgain(0, () -> {});
    Waiter fresh = admission.want("b", 0, 0, () -> {});
    admission.expire(60_000 * MILLI);
    assertThat(fresh.fate()).isEqualTo(Fate.SHED);
    assertThat(again.fate()).isEqualTo(Fate.WAITS);
    admission.giveBack(60_000 * MILLI);
    assertThat(again.fate()).isEqualTo(Fate.ADMITTED);
  }
}
