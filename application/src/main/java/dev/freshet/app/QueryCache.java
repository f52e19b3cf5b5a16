package dev.freshet.app;

import dev.freshet.database.ReadSet;
import dev.freshet.values.Clock;
import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Results of queries that still hold (spec 40 §8.2). Thread-safe.
 *
 * <p><b>What is kept.</b> Only successful runs. A run is found by the function, its arguments, the
 * journal it started from, and what its caller may see; and by the caller's identity if, and only
 * if, the run asked for it. So a lookup tries the key with the identity, then the one without.
 *
 * <p><b>Validity.</b> An entry carries the newest timestamp at which its run is known to hold.
 * Serving a newer timestamp asks the database whether anything in the read set changed in between,
 * and moves that timestamp up; otherwise the entry goes. Nothing is done for entries nobody asks
 * for. A run that looked at the clock is served for {@link #MAX_AGE_OF_TIME_NANOS} only.
 *
 * <p><b>Memory.</b> Every key and every run counts with what it takes of the heap; a run that is
 * found by two keys (the journal it started from and the one it ended with) counts once.
 *
 * <p><b>Single flight.</b> Requests for the same key wait for the one that already runs, if it runs
 * at their timestamp or an older one, and take its outcome if that holds for them. If it doesn't,
 * the first of them runs and the others wait for it, a few times. Runs of functions that are known
 * to ask for the identity are told apart by it, others are not.
 *
 * <p><b>Locks.</b> One lock guards the map of entries and their weights; it is held for lookups and
 * changes of the map, never while anything is computed or waited for.
 */
final class QueryCache {
  /** User time, system time and a second of grace. */
  static final long MAX_AGE_OF_TIME_NANOS = TimeUnit.SECONDS.toNanos(17);

  /** A key's own objects, its function's names and its place in the map. */
  private static final long KEY_WEIGHT = 280;

  private static final int MAX_WAITS = 3;
  private static final int MAX_HINTS = 10_000;

  /** Asks the database whether a read set that held at {@code from} still holds at {@code to}. */
  interface Validity {
    boolean holds(ReadSet readSet, long from, long to);
  }

  /** A run, and whether it was made for this request. */
  record Served(QueryRun run, boolean cached) {}

  /**
   * What a run is found by.
   *
   * @param allVisible whether internal functions may be called
   * @param journal where the run started from
   * @param identity null for runs that did not ask for it
   */
  @SuppressWarnings("ArrayRecordComponent") // equals and hashCode below go by content
  record Key(
      FunctionPath path,
      byte[] args,
      boolean allVisible,
      @Nullable Object journal,
      @Nullable String identity) {
    /** The memory that being a key takes. */
    long weight() {
      long weight = KEY_WEIGHT + HeapSize.array(args.length) + HeapSize.of(identity);
      return switch (journal) {
        case CursorCodec.Cursor(byte[] after, byte[] fingerprint) ->
            weight
                + (after == null ? 0 : HeapSize.array(after.length))
                + HeapSize.array(fingerprint.length);
        case String text -> weight + HeapSize.of(text);
        case null, default -> weight;
      };
    }

    Key anonymous() {
      return new Key(path, args, allVisible, journal, null);
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Key that
          && allVisible == that.allVisible
          && path.equals(that.path)
          && Arrays.equals(args, that.args)
          && Objects.equals(journal, that.journal)
          && Objects.equals(identity, that.identity);
    }

    @Override
    public int hashCode() {
      int hash = path.hashCode() * 31 + Arrays.hashCode(args);
      hash = hash * 31 + Objects.hashCode(journal);
      return (hash * 31 + Objects.hashCode(identity)) * 2 + (allVisible ? 1 : 0);
    }
  }

  /** A run that is kept, by one key or by two. */
  private static final class Entry {
    final QueryRun run;
    final long weight;
    final long madeNanos;
    volatile long validThrough;

    /** By how many keys it is found; guarded by the lock. */
    int keys;

    Entry(QueryRun run, long madeNanos) {
      this.run = run;
      this.weight = run.weight();
      this.madeNanos = madeNanos;
      this.validThrough = run.timestamp();
    }
  }

  private record Flight(long timestamp, Key key, CompletableFuture<QueryRun> landing) {}

  private final Validity validity;
  private final Clock clock;
  private final long capacity;
  private final ReentrantLock lock = new ReentrantLock();
  private final LinkedHashMap<Key, Entry> entries = new LinkedHashMap<>(64, 0.75f, true);
  private long weight;

  private final ConcurrentHashMap<Key, Flight> flights = new ConcurrentHashMap<>();

  /** Whether a function's last run asked for the identity; only ever a hint. */
  private final ConcurrentHashMap<FunctionPath, Boolean> identityHints = new ConcurrentHashMap<>();

  /**
   * @param capacity bytes
   */
  QueryCache(Validity validity, Clock clock, long capacity) {
    this.validity = validity;
    this.clock = clock;
    this.capacity = capacity;
  }

  /**
   * The run that answers a request at a timestamp.
   *
   * @param key with the caller's identity
   * @param execute runs the query at the timestamp
   */
  Served serve(Key key, long timestamp, Supplier<QueryRun> execute) {
    Key anonymous = key.anonymous();
    for (int waits = 0; waits < MAX_WAITS; waits++) {
      QueryRun known = lookup(key, anonymous, timestamp);
      if (known != null) {
        return new Served(known, true);
      }
      Key shared = identityHints.getOrDefault(key.path(), true) ? key : anonymous;
      Flight mine = new Flight(timestamp, key, new CompletableFuture<>());
      Flight running = flights.putIfAbsent(shared, mine);
      if (running == null) {
        return new Served(fly(shared, mine, anonymous, execute), false);
      }
      if (running.timestamp() > timestamp) {
        break;
      }
      QueryRun landed = await(running);
      if (landed != null && holdsFor(landed, running.key(), key, timestamp)) {
        return new Served(landed, true);
      }
    }
    QueryRun run = execute.get();
    keep(key, anonymous, run);
    return new Served(run, false);
  }

  /**
   * The run that answers a request at a timestamp, if there is one: runs nothing, does not wait.
   */
  @Nullable QueryRun find(Key key, long timestamp) {
    return lookup(key, key.anonymous(), timestamp);
  }

  private QueryRun fly(Key shared, Flight flight, Key anonymous, Supplier<QueryRun> execute) {
    try {
      QueryRun run = execute.get();
      keep(flight.key(), anonymous, run);
      flight.landing().complete(run);
      return run;
    } catch (RuntimeException | Error e) {
      flight.landing().completeExceptionally(e);
      throw e;
    } finally {
      flights.remove(shared, flight);
    }
  }

  /** The other request's run, which has its own limits of time; null if it failed. */
  private static @Nullable QueryRun await(Flight flight) {
    try {
      return flight.landing().get();
    } catch (ExecutionException e) {
      return null; // the failure is the other request's; this one tries for itself
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new FreshetException(
          ErrorClass.OVERLOADED, "ServerStopping", "The server is stopping.", null, e);
    }
  }

  private boolean holdsFor(QueryRun run, Key ranFor, Key key, long timestamp) {
    boolean sameIdentity = Objects.equals(ranFor.identity(), key.identity());
    return (sameIdentity || !run.execution().identityObserved())
        && run.timestamp() <= timestamp
        && validity.holds(run.readSet(), run.timestamp(), timestamp);
  }

  private @Nullable QueryRun lookup(Key key, Key anonymous, long timestamp) {
    QueryRun run = valid(key, timestamp);
    return run != null ? run : valid(anonymous, timestamp);
  }

  private @Nullable QueryRun valid(Key key, long timestamp) {
    Entry entry;
    lock.lock();
    try {
      entry = entries.get(key);
    } finally {
      lock.unlock();
    }
    if (entry == null || timestamp < entry.run.timestamp()) {
      return null;
    }
    if (holds(entry, timestamp)) {
      return entry.run;
    }
    remove(key, entry);
    return null;
  }

  private boolean holds(Entry entry, long timestamp) {
    if (entry.run.execution().timeObserved()
        && clock.monotonicNanos() - entry.madeNanos > MAX_AGE_OF_TIME_NANOS) {
      return false;
    }
    long through = entry.validThrough;
    if (timestamp <= through) {
      return true;
    }
    if (!validity.holds(entry.run.readSet(), through, timestamp)) {
      return false;
    }
    // Two requests may move it at once; the smaller value is true as well.
    entry.validThrough = Math.max(entry.validThrough, timestamp);
    return true;
  }

  private void keep(Key key, Key anonymous, QueryRun run) {
    boolean observed = run.execution().identityObserved();
    if (!Boolean.valueOf(observed).equals(identityHints.get(key.path()))) {
      if (identityHints.size() > MAX_HINTS) {
        identityHints.clear();
      }
      identityHints.put(key.path(), observed);
    }
    if (!run.execution().succeeded()) {
      return;
    }
    Key keptBy = observed ? key : anonymous;
    Entry entry = new Entry(run, clock.monotonicNanos());
    put(keptBy, entry);
    Object end = run.execution().endCursor();
    if (end != null && !end.equals(key.journal())) {
      put(new Key(key.path(), key.args(), key.allVisible(), end, keptBy.identity()), entry);
    }
  }

  private void put(Key key, Entry entry) {
    if (entry.weight + key.weight() > capacity / 2) {
      return;
    }
    lock.lock();
    try {
      Entry older = entries.get(key);
      if (older != null && older.run.timestamp() > entry.run.timestamp()) {
        return;
      }
      entries.put(key, entry);
      counted(key, entry);
      if (older != null) {
        forgotten(key, older);
      }
      var eldest = entries.entrySet().iterator();
      while (weight > capacity && eldest.hasNext()) {
        Map.Entry<Key, Entry> victim = eldest.next();
        forgotten(victim.getKey(), victim.getValue());
        eldest.remove();
      }
    } finally {
      lock.unlock();
    }
  }

  private void remove(Key key, Entry entry) {
    lock.lock();
    try {
      if (entries.remove(key, entry)) {
        forgotten(key, entry);
      }
    } finally {
      lock.unlock();
    }
  }

  private void counted(Key key, Entry entry) {
    weight += key.weight();
    if (entry.keys++ == 0) {
      weight += entry.weight;
    }
  }

  private void forgotten(Key key, Entry entry) {
    weight -= key.weight();
    if (--entry.keys == 0) {
      weight -= entry.weight;
    }
  }

  /** Bytes in use. */
  long weight() {
    lock.lock();
    try {
      return weight;
    } finally {
      lock.unlock();
    }
  }

  /** The same, added up anew over everything that is kept. */
  long recountedWeight() {
    lock.lock();
    try {
      long sum = 0;
      Set<QueryRun> runs = Collections.newSetFromMap(new IdentityHashMap<>());
      for (Map.Entry<Key, Entry> kept : entries.entrySet()) {
        QueryRun run = kept.getValue().run;
        sum += kept.getKey().weight() + (runs.add(run) ? run.weight() : 0);
      }
      return sum;
    } finally {
      lock.unlock();
    }
  }
}
