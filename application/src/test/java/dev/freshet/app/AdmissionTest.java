package dev.freshet.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.app.Admission.Waiter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Open arrivals at a number of places, in simulated time. */
class AdmissionTest {
  private static final long MILLI = TimeUnit.MILLISECONDS.toNanos(1);
  private static final int PLACES = 16;
  private static final long SERVICE = 10 * MILLI;
  private static final Admission.Policy POLICY =
      new Admission.Policy(8 * PLACES, 2000 * MILLI, 2000, 5000 * MILLI, 200 * MILLI);

  private record Event(long at, Runnable what) {}

  /** What became of those that arrived after the first seconds. */
  private record Outcome(List<Long> served, List<Long> refused, int everServed) {
    long servedAt(double fraction) {
      return at(served, fraction);
    }

    long refusedAt(double fraction) {
      return at(refused, fraction);
    }

    private static long at(List<Long> sorted, double fraction) {
      return sorted.get((int) Math.min(sorted.size() - 1, sorted.size() * fraction)) / MILLI;
    }
  }

  /** Runs for 20 s with so many times the load that the places can take. */
  private static final class Simulation {
    private final Admission admission = new Admission(PLACES, POLICY);
    private final PriorityQueue<Event> events =
        new PriorityQueue<>(Comparator.comparingLong(Event::at));
    private final SplittableRandom random;
    private final List<Long> served = new ArrayList<>();
    private final List<Long> refused = new ArrayList<>();
    private final long interval;
    private long now;
    private int everServed;

    Simulation(double load, long seed) {
      this.random = new SplittableRandom(seed);
      this.interval = (long) (SERVICE / (PLACES * load));
    }

    Outcome run() {
      events.add(new Event(0, this::arrive));
      while (now < 20_000 * MILLI) {
        Event event = events.remove();
        now = event.at();
        event.what().run();
      }
      served.sort(null);
      refused.sort(null);
      return new Outcome(served, refused, everServed);
    }

    private void arrive() {
      long since = now;
      Waiter[] waiter = new Waiter[1];
      waiter[0] = admission.want("client", now, () -> settled(waiter[0], since));
      if (waiter[0].admitted() != null) {
        settled(waiter[0], since);
      } else {
        events.add(new Event(now + admission.nextLook(waiter[0], now), () -> look(waiter[0])));
      }
      events.add(new Event(now + random.nextLong(2 * interval), this::arrive));
    }

    /** What a waiting thread does when it wakes. */
    private void look(Waiter waiter) {
      if (waiter.admitted() == null) {
        admission.expire(now);
      }
      if (waiter.admitted() == null) {
        events.add(new Event(now + admission.nextLook(waiter, now), () -> look(waiter)));
      }
    }

    private void settled(Waiter waiter, long since) {
      boolean counts = since > 5_000 * MILLI;
      if (Boolean.TRUE.equals(waiter.admitted())) {
        everServed++;
        if (counts) {
          served.add(now - since);
        }
        events.add(new Event(now + SERVICE, () -> admission.giveBack(now)));
      } else if (counts) {
        refused.add(now - since);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void waitsStayFlatWhateverTheLoad(long seed) {
    Outcome easy = new Simulation(0.9, seed).run();
    Outcome twice = new Simulation(2, seed).run();
    Outcome tenfold = new Simulation(10, seed).run();
    assertThat(easy.refused()).isEmpty();
    for (Outcome overload : List.of(twice, tenfold)) {
      assertThat(overload.servedAt(0.99)).as("p99 of the served, ms").isLessThanOrEqualTo(200);
      assertThat(overload.refusedAt(0.99)).as("p99 of the refused, ms").isLessThanOrEqualTo(201);
      assertThat(overload.everServed()).as("no place stays empty").isGreaterThan(31_000);
    }
    assertThat(tenfold.servedAt(0.5)).isLessThanOrEqualTo(20);
  }

  @Test
  void aBurstIsServedToTheLast() {
    Admission admission = new Admission(1, POLICY);
    List<Waiter> waiters = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      waiters.add(admission.want("client", 0, () -> {}));
    }
    for (int i = 0; i < 100; i++) {
      assertThat(waiters.get(i).admitted()).isTrue();
      admission.giveBack((i + 1) * 40L * MILLI);
    }
    assertThat(admission.free()).isOne();
  }

  @Test
  void aClientWithManyRequestsDoesNotPushOutOneWithFew() {
    Admission admission = new Admission(1, POLICY);
    admission.want("busy", 0, () -> {});
    for (int i = 0; i < 50; i++) {
      admission.want("busy", 0, () -> {});
    }
    Waiter modest = admission.want("modest", 0, () -> {});
    admission.giveBack(MILLI);
    admission.giveBack(MILLI);
    assertThat(modest.admitted()).isTrue();
  }

  @Test
  void aFullQueueIsRefusedAtOnce() {
    Admission admission =
        new Admission(1, new Admission.Policy(0, 2000 * MILLI, 3, 5000 * MILLI, 200 * MILLI));
    for (int i = 0; i < 4; i++) {
      assertThat(admission.want(i, 0, () -> {}).admitted()).isNotEqualTo(false);
    }
    assertThat(admission.want("more", 0, () -> {}).admitted()).isFalse();
  }
}
