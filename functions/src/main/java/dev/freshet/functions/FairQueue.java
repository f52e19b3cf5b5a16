package dev.freshet.functions;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which waiting call a free runner takes. Pure state, for {@link RunnerPool} to guard; the time is
 * an argument, in nanoseconds.
 *
 * <p>Design. Runner time is shared among functions: the next call is one of the function that has
 * used the least of it lately (use fades, to the half in {@link #HALF_LIFE}); calls of one function
 * go in their order, urgent ones before the rest. Two rules hold back what would leave nothing to
 * others:
 *
 * <ul>
 *   <li>A function whose call had to be killed is <em>on probation</em> for a while. All functions
 *       on probation together get one runner at a time; their calls wait for a bounded time.
 *   <li>A function may not take the last runner while calls of it already hold all the others for
 *       long.
 * </ul>
 *
 * @param <T> what waits
 */
final class FairQueue<T> {
  private static final long HALF_LIFE = Duration.ofSeconds(5).toNanos();
  private static final long PROBATION = Duration.ofSeconds(30).toNanos();

  /** A call that has its runner, or waits for one, for longer than this. */
  private static final long LONG = Duration.ofMillis(50).toNanos();

  /**
   * A call that has had its runner for longer than this may wait for a disk: its runner is held.
   */
  private static final long HELD = Duration.ofMillis(10).toNanos();

  private static final long PATIENCE_ON_PROBATION = Duration.ofSeconds(10).toNanos();
  private static final int FORGET_ABOVE = 1024;

  /** Something that waits, or has a runner. */
  static final class Entry<T> {
    final T item;
    private final Function<T> function;
    private final boolean urgent;
    private final long since;
    private long started;

    private Entry(T item, Function<T> function, boolean urgent, long since) {
      this.item = item;
      this.function = function;
      this.urgent = urgent;
      this.since = since;
    }
  }

  private static final class Function<T> {
    final String name;
    final ArrayDeque<Entry<T>> urgent = new ArrayDeque<>(2);
    final ArrayDeque<Entry<T>> waiting = new ArrayDeque<>(4);
    final List<Entry<T>> running = new ArrayList<>(2);
    private double used;
    private long usedAt;
    private long probationEnds;
    private boolean killed;

    Function(String name) {
      this.name = name;
    }

    @Nullable Entry<T> first() {
      return urgent.isEmpty() ? waiting.peekFirst() : urgent.peekFirst();
    }

    boolean isOnProbation(long now) {
      killed &= now - probationEnds < 0;
      return killed;
    }

    void use(long nanos, long now) {
      used = faded(now) + nanos;
      usedAt = now;
    }

    private double faded(long now) {
      return used == 0 ? 0 : used * Math.exp(-Math.log(2) * (now - usedAt) / HALF_LIFE);
    }

    /** Runner time used lately, that of running calls included. */
    double share(long now) {
      double share = faded(now);
      for (Entry<T> entry : running) {
        share += now - entry.started;
      }
      return share;
    }

    int longRunning(long now) {
      int count = 0;
      for (Entry<T> entry : running) {
        count += now - entry.started > LONG ? 1 : 0;
      }
      return count;
    }
  }

  private final Map<String, Function<T>> functions = new LinkedHashMap<>();

  /** Those of them that have calls waiting. */
  private final Map<String, Function<T>> queued = new LinkedHashMap<>();

  /** The calls that have a runner. */
  private final List<Entry<T>> running = new ArrayList<>();

  private int size;

  void add(String function, boolean urgent, T item, long now) {
    if (functions.size() > FORGET_ABOVE) {
      forget(now);
    }
    Function<T> of = functions.computeIfAbsent(function, Function::new);
    (urgent ? of.urgent : of.waiting).addLast(new Entry<>(item, of, urgent, now));
    queued.put(function, of);
    size++;
  }

  private void forget(long now) {
    functions
        .values()
        .removeIf(
            function ->
                function.first() == null
                    && function.running.isEmpty()
                    && !function.isOnProbation(now)
                    && function.faded(now) < LONG);
  }

  /**
   * The next call for a free runner, which now runs.
   *
   * @param runners how many there are
   * @return null if none of those that wait may have it
   */
  @Nullable Entry<T> poll(long now, int runners) {
    Entry<T> best = null;
    double least = 0;
    for (Function<T> function : queued.values()) {
      Entry<T> first = function.first();
      if (first == null || !mayRun(function, now, runners)) {
        continue;
      }
      double share = queued.size() == 1 ? 0 : function.share(now);
      if (best == null || comesBefore(first, share, best, least)) {
        best = first;
        least = share;
      }
    }
    if (best != null) {
      remove(best);
      best.started = now;
      best.function.running.add(best);
      running.add(best);
    }
    return best;
  }

  private static boolean comesBefore(Entry<?> one, double its, Entry<?> other, double others) {
    if (one.urgent != other.urgent) {
      return one.urgent;
    }
    return its != others ? its < others : one.since - other.since < 0;
  }

  private boolean mayRun(Function<T> function, long now, int runners) {
    if (function.isOnProbation(now)) {
      return runningOnProbation(now) == 0;
    }
    return function.running.isEmpty() || function.longRunning(now) < Math.max(1, runners - 1);
  }

  private int runningOnProbation(long now) {
    int count = 0;
    for (Function<T> function : functions.values()) {
      count += function.isOnProbation(now) ? function.running.size() : 0;
    }
    return count;
  }

  private void remove(Entry<T> entry) {
    Function<T> function = entry.function;
    boolean removed = (entry.urgent ? function.urgent : function.waiting).remove(entry);
    size -= removed ? 1 : 0;
    if (function.first() == null) {
      queued.remove(function.name);
    }
  }

  /** The call has given its runner back. */
  void done(Entry<T> entry, long now) {
    entry.function.running.remove(entry);
    running.remove(entry);
    entry.function.use(now - entry.started, now);
  }

  /** The call had to be killed: its function is on probation from now on. */
  void killed(Entry<T> entry, long now) {
    entry.function.killed = true;
    entry.function.probationEnds = now + PROBATION;
  }

  /** Whether all runners that have a call are held by it. */
  boolean areHeld(long now) {
    return allRunFor(HELD, now);
  }

  private boolean allRunFor(long nanos, long now) {
    for (Entry<T> entry : running) {
      if (now - entry.started <= nanos) {
        return false;
      }
    }
    return true;
  }

  /**
   * Whether one more runner would help at once: a call waits for long, and no runner will be free
   * soon, as all that are there have been busy for long, or are not for this call.
   */
  boolean wantsAnother(long now) {
    if (!allRunFor(LONG, now)) {
      return false;
    }
    for (Function<T> function : queued.values()) {
      Entry<T> first = function.first();
      if (first != null && now - first.since > LONG && !function.isOnProbation(now)) {
        return true;
      }
    }
    return false;
  }

  /** Takes calls out that have waited too long for their functions' probation to let them run. */
  List<T> takeExpired(long now) {
    List<Entry<T>> expired = new ArrayList<>(0);
    for (Function<T> function : queued.values()) {
      if (function.isOnProbation(now)) {
        for (ArrayDeque<Entry<T>> waiting : List.of(function.urgent, function.waiting)) {
          waiting.stream()
              .filter(entry -> now - entry.since > PATIENCE_ON_PROBATION)
              .forEach(expired::add);
        }
      }
    }
    expired.forEach(this::remove);
    return expired.stream().map(entry -> entry.item).toList();
  }

  /** Those that wait for their functions' probation. */
  List<T> heldBack(long now) {
    List<T> held = new ArrayList<>(0);
    for (Function<T> function : queued.values()) {
      if (function.isOnProbation(now)) {
        function.urgent.forEach(entry -> held.add(entry.item));
        function.waiting.forEach(entry -> held.add(entry.item));
      }
    }
    return held;
  }

  /** Takes all out that wait. */
  List<T> drain() {
    List<T> all = new ArrayList<>(size);
    for (Function<T> function : queued.values()) {
      function.urgent.forEach(entry -> all.add(entry.item));
      function.waiting.forEach(entry -> all.add(entry.item));
      function.urgent.clear();
      function.waiting.clear();
    }
    queued.clear();
    size = 0;
    return all;
  }

  /** How many wait. */
  int size() {
    return size;
  }

  /** How long the oldest has waited. */
  long oldestWait(long now) {
    long oldest = 0;
    for (Function<T> function : queued.values()) {
      for (ArrayDeque<Entry<T>> waiting : List.of(function.urgent, function.waiting)) {
        Entry<T> first = waiting.peekFirst();
        oldest = first == null ? oldest : Math.max(oldest, now - first.since);
      }
    }
    return oldest;
  }
}
