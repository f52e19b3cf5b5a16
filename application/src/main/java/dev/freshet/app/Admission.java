package dev.freshet.app;

import static java.util.Objects.requireNonNull;

import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Who gets a free place, and who is sent away. Pure state, for {@link Permits} to guard and to
 * block on; the time is an argument.
 *
 * <p>Design. There are two tiers. Who has begun already and needs a place again comes first, in
 * order, and is never sent away: others may be waiting for it. New ones wait behind them; the next
 * place goes to another client each time, so that one with many requests can't push out one with
 * few.
 *
 * <p>New ones wait for a bounded time, in which a wait elsewhere before this one may be included.
 * As a rule first come is first served, and patience is long: a burst is served to its end. But
 * where the oldest has waited long at every moment for {@link Policy#burstNanos}, that is no burst
 * but overload: waiting helps nobody then, as those who come later only wait longer. From there on,
 * until nobody had to be sent away for the same time, the wait is the short one of overload
 * (controlled delay).
 *
 * <p>In overload the newest is served first, so that those who are served are served at once.
 * Except when all who wait could be served within the short wait, by what was served lately: then
 * that is done, in order. Without this exception, clients who send again whenever they were sent
 * away could keep up the overload that was over, as the newest would always go before the oldest.
 */
final class Admission {
  /**
   * How long waits may be.
   *
   * @param longestQueue further ones are refused at once
   * @param quietNanos longest wait when there is no overload
   * @param longNanos a wait to be concerned about
   * @param burstNanos for how long the oldest may have waited longer than that without this being
   *     overload; and how long nobody must have been sent away for it to be over
   * @param overloadNanos longest wait in overload
   */
  record Policy(
      int longestQueue, long quietNanos, long longNanos, long burstNanos, long overloadNanos) {}

  /** What becomes of one that wants a place. */
  enum Fate {
    WAITS,
    ADMITTED,
    /** Refused: too many wait already. */
    QUEUE_FULL,
    /** Refused: waited for the short time of overload. */
    SHED,
    /** Refused: waited for the long time of quiet times. */
    OUT_OF_PATIENCE,
    /** Waits no longer, by its own will. */
    LEFT
  }

  /** One that wants a place. */
  static final class Waiter {
    private final @Nullable Object client;
    private final long since;
    private final long came;
    private final long number;
    private final Runnable whenSettled;
    private Fate fate = Fate.WAITS;

    private Waiter(
        @Nullable Object client, long since, long came, long number, Runnable whenSettled) {
      this.client = client;
      this.since = since;
      this.came = came;
      this.number = number;
      this.whenSettled = whenSettled;
    }

    Fate fate() {
      return fate;
    }

    private void settle(Fate as) {
      fate = as;
      whenSettled.run();
    }
  }

  /** How many were served in the last period of the length of overload's wait. */
  private static final class Pace {
    private final long periodNanos;
    private long begin;
    private int current;
    private int last;

    Pace(long periodNanos) {
      this.periodNanos = periodNanos;
    }

    void served(long now) {
      turn(now);
      current++;
    }

    int last(long now) {
      turn(now);
      return last;
    }

    private void turn(long now) {
      long since = now - begin;
      if (since >= periodNanos) {
        last = since < 2 * periodNanos ? current : 0;
        current = 0;
        begin = now;
      }
    }
  }

  private final Policy policy;
  private final Deque<Waiter> begun = new ArrayDeque<>();

  /** New ones by client, the client whose turn it is first; of each in the order they came. */
  private final LinkedHashMap<Object, LinkedHashSet<Waiter>> clients = new LinkedHashMap<>();

  /** All new ones, who has waited longest first. */
  private final TreeSet<Waiter> byAge =
      new TreeSet<>(
          Comparator.comparingLong((Waiter waiter) -> waiter.since)
              .thenComparingLong(waiter -> waiter.number));

  private final Pace pace;
  private int free;
  private long numbers;

  /** Since when the oldest has always waited long; meaningless unless {@link #slow}. */
  private long slowSince;

  private boolean slow;
  private boolean overloaded;
  private long lastRefusal;

  Admission(int places, Policy policy) {
    this.free = places;
    this.policy = policy;
    this.pace = new Pace(policy.overloadNanos());
  }

  /**
   * Wants a place for something new; its fate may be settled on return.
   *
   * @param since when its wait began
   */
  Waiter want(Object client, long since, long now, Runnable whenSettled) {
    Waiter waiter = new Waiter(client, since, now, numbers++, whenSettled);
    expire(now);
    if (free > 0 && byAge.isEmpty() && begun.isEmpty()) {
      free--;
      waiter.fate = Fate.ADMITTED;
      pace.served(now);
    } else if (byAge.size() >= policy.longestQueue()) {
      waiter.fate = Fate.QUEUE_FULL;
      lastRefusal = now;
    } else {
      clients.computeIfAbsent(client, _ -> new LinkedHashSet<>()).add(waiter);
      byAge.add(waiter);
    }
    return waiter;
  }

  /** Wants a place again, for something that has begun. */
  Waiter wantAgain(long now, Runnable whenSettled) {
    Waiter waiter = new Waiter(null, now, now, numbers++, whenSettled);
    if (free > 0 && begun.isEmpty()) {
      free--;
      waiter.fate = Fate.ADMITTED;
    } else {
      begun.addLast(waiter);
    }
    return waiter;
  }

  /** Takes a place for something that has begun, even if there is none. */
  void overdraw() {
    free--;
  }

  /** Gives a place back, to the next one; unless more are taken than there are. */
  void giveBack(long now) {
    expire(now);
    if (free < 0) {
      free++;
      note(now);
      return;
    }
    Waiter next = begun.isEmpty() ? pollNew(now) : begun.pollFirst();
    if (next == null) {
      free++;
    } else {
      next.settle(Fate.ADMITTED);
    }
    note(now);
  }

  /** Forgets one whose thread doesn't want to wait any longer. */
  void leave(Waiter waiter, long now) {
    if (waiter.fate == Fate.ADMITTED) {
      giveBack(now);
    } else if (waiter.fate == Fate.WAITS) {
      waiter.fate = Fate.LEFT;
      if (waiter.client == null) {
        begun.remove(waiter);
      } else {
        remove(waiter.client, waiter);
      }
      note(now);
    }
  }

  private void remove(Object client, Waiter waiter) {
    byAge.remove(waiter);
    clients.computeIfPresent(
        client,
        (_, queue) -> {
          queue.remove(waiter);
          return queue.isEmpty() ? null : queue;
        });
  }

  private @Nullable Waiter pollNew(long now) {
    Map.Entry<Object, LinkedHashSet<Waiter>> turn = clients.pollFirstEntry();
    if (turn == null) {
      return null;
    }
    boolean newestFirst = overloaded && byAge.size() > pace.last(now);
    LinkedHashSet<Waiter> queue = turn.getValue();
    Waiter next = newestFirst ? queue.removeLast() : queue.removeFirst();
    byAge.remove(next);
    pace.served(now);
    if (!queue.isEmpty()) {
      clients.putLast(turn.getKey(), queue);
    }
    return next;
  }

  /** Notes whether overload has begun, or is over. */
  private void note(long now) {
    if (overloaded) {
      overloaded = now - lastRefusal <= policy.burstNanos();
      slow = false;
      return;
    }
    if (oldestWait(now) <= policy.longNanos()) {
      slow = false;
      return;
    }
    if (!slow) {
      slow = true;
      slowSince = slowFrom(byAge.first());
    }
    if (now - slowSince > policy.burstNanos()) {
      overloaded = true;
      lastRefusal = now;
    }
  }

  /** When its wait is long, here. */
  private long slowFrom(Waiter waiter) {
    return Math.max(waiter.since + policy.longNanos(), waiter.came);
  }

  private long oldestWait(long now) {
    return byAge.isEmpty() ? 0 : now - byAge.first().since;
  }

  /** Sends away those who have waited too long. */
  void expire(long now) {
    note(now);
    long patience = overloaded ? policy.overloadNanos() : policy.quietNanos();
    while (!byAge.isEmpty() && oldestWait(now) >= patience) {
      Waiter oldest = byAge.first();
      remove(requireNonNull(oldest.client), oldest);
      lastRefusal = now;
      oldest.settle(overloaded ? Fate.SHED : Fate.OUT_OF_PATIENCE);
    }
    note(now);
  }

  /** After which time one that still waits is to be looked at again. */
  long nextLook(Waiter waiter, long now) {
    if (waiter.client == null) {
      return Long.MAX_VALUE;
    }
    long waited = now - waiter.since;
    if (overloaded) {
      return Math.max(1, policy.overloadNanos() - waited);
    }
    long overloadFrom = (slow ? slowSince : slowFrom(byAge.first())) + policy.burstNanos();
    long overloadIn = overloadFrom - now + 1;
    return Math.max(1, Math.min(policy.quietNanos() - waited, overloadIn));
  }

  boolean isOverloaded() {
    return overloaded;
  }

  int free() {
    return free;
  }

  int waiting() {
    return byAge.size();
  }

  int begun() {
    return begun.size();
  }
}
