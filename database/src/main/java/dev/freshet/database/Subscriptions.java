package dev.freshet.database;

import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches read sets (spec 40 §8.1).
 *
 * <p>Design. Every interval of every watched read set is kept under its index: those of a single
 * key in a hash map, the others in an {@link IntervalTree}. One worker thread walks the write log
 * from {@code processed} to what is published and looks up every key written: the work is
 * proportional to what changed and to who is hit, whatever the number of idle subscriptions. All
 * subscriptions that remain are then valid through the new {@code processed}; nothing is done for
 * them one by one.
 *
 * <p>A subscription is told once, then forgotten. Listeners are called by the worker, outside the
 * lock. A subscriber that comes with an old read set is first brought up to date along the write
 * log, the last step under the lock, so that no commit falls between that check and the worker.
 *
 * <p>Locks. {@code lock} guards the maps, {@code processed} and the states; nothing else is locked
 * under it.
 */
final class Subscriptions implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Subscriptions.class);

  /** A key as the key of a map. */
  @SuppressWarnings("ArrayRecordComponent") // equals and hashCode below go by content
  private record KeyBytes(byte[] bytes) {
    @Override
    public boolean equals(Object other) {
      return other instanceof KeyBytes that && Arrays.equals(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(bytes);
    }
  }

  /** Who watches an index. */
  private static final class Watched {
    final Map<KeyBytes, Set<Watcher>> keys = new HashMap<>();
    final IntervalTree<Watcher> ranges = new IntervalTree<>();

    boolean isEmpty() {
      return keys.isEmpty() && ranges.isEmpty();
    }
  }

  private record Call(Watcher watcher, Invalidation invalidation) {}

  private final WriteLog log;
  private final Supplier<Snapshot> published;
  private final int maximum;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition work = lock.newCondition();
  private final Map<Long, Watched> indexes = new HashMap<>();
  private final List<Call> late = new ArrayList<>();
  private final Thread worker;
  private volatile WriteLog.Entry processed;
  private volatile long processedThrough;
  private long nextNumber;
  private int count;
  private boolean closed;
  private boolean signalled;

  Subscriptions(WriteLog log, Supplier<Snapshot> published, int maximum) {
    this.log = log;
    this.published = published;
    this.maximum = maximum;
    this.processed = published.get().log();
    this.processedThrough = published.get().timestamp();
    this.worker = Thread.ofPlatform().name("freshet-subscriptions").daemon().start(this::run);
  }

  private final class Watcher implements Subscription, Comparable<Watcher> {
    final long number;
    final ReadSet reads;
    final Consumer<Invalidation> listener;

    /** It was valid here when it began; what the worker still finds before doesn't count. */
    final long since;

    /** The last timestamp at which it was valid, once that is over. */
    volatile long ended = Long.MAX_VALUE;

    volatile boolean cancelled;

    Watcher(long number, ReadSet reads, long since, Consumer<Invalidation> listener) {
      this.number = number;
      this.reads = reads;
      this.since = since;
      this.listener = listener;
    }

    @Override
    public int compareTo(Watcher other) {
      return Long.compare(number, other.number);
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return this == other;
    }

    @Override
    public int hashCode() {
      return Long.hashCode(number);
    }

    @Override
    public long validThrough() {
      long through = Math.max(since, processedThrough); // read before ended, which it may outrun
      return Math.min(ended, through);
    }

    @Override
    public boolean validAt(long timestamp) {
      long through = validThrough();
      if (timestamp <= through) {
        return true;
      }
      WriteLog.Entry from = log.at(through);
      return ended == Long.MAX_VALUE
          && !cancelled
          && from != WriteLog.FORGOTTEN
          && timestamp <= published.get().timestamp()
          && WriteLog.firstConflict(from, timestamp, reads) == null;
    }

    @Override
    public void cancel() {
      lock.lock();
      try {
        if (!cancelled && ended == Long.MAX_VALUE) {
          forget(this);
        }
        cancelled = true;
      } finally {
        lock.unlock();
      }
    }
  }

  Subscription subscribe(ReadSet reads, long validThrough, Consumer<Invalidation> listener) {
    Snapshot now = published.get();
    WriteLog.Entry from = log.at(Math.min(validThrough, now.timestamp()));
    boolean forgotten = from == WriteLog.FORGOTTEN;
    WriteLog.Hit early = forgotten ? null : WriteLog.firstConflict(from, now.timestamp(), reads);
    lock.lock();
    try {
      Watcher watcher = new Watcher(nextNumber++, reads, now.timestamp(), listener);
      if (forgotten) {
        end(watcher, new Invalidation(validThrough + 1, WriteSource.UNKNOWN));
        return watcher;
      }
      WriteLog.Hit hit =
          early != null ? early : WriteLog.firstConflict(now.log(), processedThrough, reads);
      if (hit != null) {
        end(watcher, new Invalidation(hit.entry().timestamp, hit.entry().source));
        return watcher;
      }
      if (count >= maximum) {
        throw new FreshetException(
            ErrorClass.OVERLOADED,
            "SubscriptionsWorkerFullError",
            "Too many concurrent subscription requests; back off and try again.");
      }
      remember(watcher);
      return watcher;
    } finally {
      lock.unlock();
    }
  }

  /** Ends a subscription that never began: its listener is called by the worker. */
  private void end(Watcher watcher, Invalidation invalidation) {
    watcher.ended = invalidation.timestamp() - 1;
    late.add(new Call(watcher, invalidation));
    signalled = true;
    work.signal();
  }

  private void remember(Watcher watcher) {
    count++;
    watcher
        .reads
        .indexes()
        .forEach(
            (index, intervals) -> {
              Watched watched = indexes.computeIfAbsent(index, _ -> new Watched());
              for (int i = 0; i < intervals.count(); i++) {
                byte[] start = intervals.start(i);
                byte[] end = intervals.end(i);
                if (isOneKey(start, end)) {
                  watched
                      .keys
                      .computeIfAbsent(new KeyBytes(start), _ -> new LinkedHashSet<>(2))
                      .add(watcher);
                } else {
                  watched.ranges.add(start, end, watcher);
                }
              }
            });
  }

  private void forget(Watcher watcher) {
    count--;
    watcher
        .reads
        .indexes()
        .forEach(
            (index, intervals) -> {
              Watched watched = indexes.get(index);
              if (watched == null) {
                return;
              }
              for (int i = 0; i < intervals.count(); i++) {
                byte[] start = intervals.start(i);
                if (isOneKey(start, intervals.end(i))) {
                  Set<Watcher> watchers = watched.keys.get(new KeyBytes(start));
                  if (watchers != null && watchers.remove(watcher) && watchers.isEmpty()) {
                    watched.keys.remove(new KeyBytes(start));
                  }
                } else {
                  watched.ranges.remove(start, watcher);
                }
              }
              if (watched.isEmpty()) {
                indexes.remove(index);
              }
            });
  }

  private static boolean isOneKey(byte[] start, byte @Nullable [] end) {
    return end != null
        && end.length == start.length + 1
        && end[start.length] == 0
        && Arrays.equals(start, 0, start.length, end, 0, start.length);
  }

  /** Something was published. */
  void signal() {
    lock.lock();
    try {
      signalled = true;
      work.signal();
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    List<Call> calls = new ArrayList<>();
    while (true) {
      lock.lock();
      try {
        while (!signalled && !closed) {
          work.awaitUninterruptibly();
        }
        if (closed) {
          return;
        }
        signalled = false;
        calls.addAll(late);
        late.clear();
      } finally {
        lock.unlock();
      }
      advance(calls);
      calls.forEach(Subscriptions::call);
      calls.clear();
    }
  }

  /** Processes what was published since the last time, one commit at a time under the lock. */
  private void advance(List<Call> calls) {
    Snapshot target = published.get();
    while (processed != target.log()) {
      lock.lock();
      try {
        WriteLog.Entry entry = processed.next;
        if (entry == null) {
          return;
        }
        if (!entry.failed) {
          process(entry, calls);
        }
        processedThrough = entry.timestamp;
        processed = entry;
      } finally {
        lock.unlock();
      }
    }
  }

  private void process(WriteLog.Entry entry, List<Call> calls) {
    Set<Watcher> hit = new LinkedHashSet<>();
    for (int i = 0; i < entry.keys.length; i++) {
      Watched watched = indexes.get(entry.indexes[i]);
      if (watched != null) {
        Set<Watcher> exact = watched.keys.get(new KeyBytes(entry.keys[i]));
        if (exact != null) {
          hit.addAll(exact);
        }
        watched.ranges.find(entry.keys[i], hit::add);
      }
    }
    if (hit.isEmpty()) {
      return;
    }
    Invalidation invalidation = new Invalidation(entry.timestamp, entry.source);
    for (Watcher watcher : hit) {
      if (entry.timestamp <= watcher.since) {
        continue;
      }
      watcher.ended = entry.timestamp - 1;
      forget(watcher);
      calls.add(new Call(watcher, invalidation));
    }
  }

  private static void call(Call call) {
    if (call.watcher().cancelled) {
      return;
    }
    try {
      call.watcher().listener.accept(call.invalidation());
    } catch (RuntimeException e) {
      LOG.error("a subscription's listener has failed", e);
    }
  }

  /** How many are watching. */
  int size() {
    lock.lock();
    try {
      return count;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      work.signal();
    } finally {
      lock.unlock();
    }
    try {
      worker.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
