package dev.freshet.app;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
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
 * <p>New ones wait for a bounded time. As long as the queue is short now and then, that is the
 * patience of quiet times, and first come is first served. A queue that stays longer than {@link
 * Policy#shortQueue} for the time of {@link Policy#onsetNanos} is no burst but overload: waiting
 * helps nobody then, as those who come later only wait longer. From there on the wait is the short
 * one of overload, and the newest is served first: those who are served are served at once, and the
 * others are told so soon (controlled delay).
 */
final class Admission {
  /**
   * How long a wait may be.
   *
   * @param shortQueue as many may wait for any time without that being overload
   * @param onsetNanos how long there must be more of them
   * @param longestQueue further ones are refused at once
   * @param quietNanos longest wait in quiet times
   * @param overloadNanos longest wait in overload
   */
  record Policy(
      int shortQueue, long onsetNanos, int longestQueue, long quietNanos, long overloadNanos) {}

  /** One that wants a place. */
  static final class Waiter {
    private final @Nullable Object client;
    private final long since;
    private final Runnable whenSettled;
    private @Nullable Boolean admitted;

    private Waiter(@Nullable Object client, long since, Runnable whenSettled) {
      this.client = client;
      this.since = since;
      this.whenSettled = whenSettled;
    }

    /** Whether it got its place; null: it waits. */
    @Nullable Boolean admitted() {
      return admitted;
    }

    private void settle(boolean as) {
      admitted = as;
      whenSettled.run();
    }
  }

  private final Policy policy;
  private final Deque<Waiter> begun = new ArrayDeque<>();

  /** New ones by client, the client whose turn it is first. */
  private final LinkedHashMap<Object, Deque<Waiter>> clients = new LinkedHashMap<>();

  /** New ones by age; those that wait no longer stay until they are the oldest. */
  private final Deque<Waiter> byAge = new ArrayDeque<>();

  private int free;
  private int waiting;
  private long shortSince = Long.MIN_VALUE;

  Admission(int places, Policy policy) {
    this.free = places;
    this.policy = policy;
  }

  /** Wants a place for something new; it may have got it, or have been refused, on return. */
  Waiter want(Object client, long now, Runnable whenSettled) {
    Waiter waiter = new Waiter(client, now, whenSettled);
    expire(now);
    if (free > 0 && waiting == 0 && begun.isEmpty()) {
      free--;
      waiter.admitted = true;
    } else if (waiting >= policy.longestQueue()) {
      waiter.admitted = false;
    } else {
      clients.computeIfAbsent(client, _ -> new ArrayDeque<>()).addLast(waiter);
      byAge.addLast(waiter);
      waiting++;
      note(now);
    }
    return waiter;
  }

  /** Wants a place again, for something that has begun. */
  Waiter wantAgain(long now, Runnable whenSettled) {
    Waiter waiter = new Waiter(null, now, whenSettled);
    if (free > 0 && begun.isEmpty()) {
      free--;
      waiter.admitted = true;
    } else {
      begun.addLast(waiter);
    }
    return waiter;
  }

  /** Gives a place back, to the next one. */
  void giveBack(long now) {
    expire(now);
    Waiter next = begun.isEmpty() ? pollNew(now) : begun.pollFirst();
    if (next == null) {
      free++;
    } else {
      next.settle(true);
    }
    note(now);
  }

  /** Forgets one that waits no longer. */
  void leave(Waiter waiter, long now) {
    if (waiter.admitted != null) {
      if (waiter.admitted) {
        giveBack(now);
      }
      return;
    }
    waiter.admitted = false;
    Object client = waiter.client;
    if (client == null) {
      begun.remove(waiter);
      return;
    }
    remove(client, waiter);
    note(now);
  }

  private void remove(Object client, Waiter waiter) {
    Deque<Waiter> queue = clients.get(client);
    if (queue != null && queue.remove(waiter)) {
      waiting--;
      if (queue.isEmpty()) {
        clients.remove(client);
      }
    }
  }

  private @Nullable Waiter pollNew(long now) {
    Map.Entry<Object, Deque<Waiter>> turn = clients.pollFirstEntry();
    if (turn == null) {
      return null;
    }
    Deque<Waiter> queue = turn.getValue();
    Waiter next = isOverloaded(now) ? queue.pollLast() : queue.pollFirst();
    waiting--;
    if (!queue.isEmpty()) {
      clients.putLast(turn.getKey(), queue);
    }
    return next;
  }

  /** Notes whether the queue is short. */
  private void note(long now) {
    if (waiting <= policy.shortQueue()) {
      shortSince = now;
    }
  }

  boolean isOverloaded(long now) {
    return waiting > policy.shortQueue()
        && shortSince != Long.MIN_VALUE
        && now - shortSince > policy.onsetNanos();
  }

  /** Sends away those who have waited too long. */
  void expire(long now) {
    long patience = isOverloaded(now) ? policy.overloadNanos() : policy.quietNanos();
    Waiter oldest = byAge.peekFirst();
    while (oldest != null && (oldest.admitted != null || now - oldest.since >= patience)) {
      byAge.pollFirst();
      if (oldest.admitted == null && oldest.client != null) {
        remove(oldest.client, oldest); // it is the first of its client's
        oldest.settle(false);
      }
      oldest = byAge.peekFirst();
    }
    note(now);
  }

  /** After which time a waiter is to be looked at again. */
  long nextLook(Waiter waiter, long now) {
    if (waiter.client == null) {
      return Long.MAX_VALUE;
    }
    long waited = now - waiter.since;
    long quiet = policy.quietNanos() - waited;
    if (waiting <= policy.shortQueue()) {
      return Math.max(1, Math.min(quiet, policy.onsetNanos())); // it can't be overload before that
    }
    long overload =
        Math.max(
            policy.overloadNanos() - waited,
            isOverloaded(now) ? 0 : policy.onsetNanos() - (now - shortSince));
    return Math.max(1, Math.min(quiet, overload));
  }

  int free() {
    return free;
  }

  int waiting() {
    return waiting;
  }

  int begun() {
    return begun.size();
  }
}
