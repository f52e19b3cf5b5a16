package dev.freshet.database;

import dev.freshet.bench.InnerSamples;
import dev.freshet.values.Limits;
import dev.freshet.values.SortKey;
import dev.freshet.values.Value;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** Read sets, and what commits are checked against. */
@State(Scope.Thread)
public class ReadsInner {
  private static final int INTERVALS = 16;
  private static final int COMMITS = 1000;
  private static final int KEYS_OF_COMMIT = 4;
  private static final int RANGES = 100_000;
  private static final long INDEX = 41;

  private final SplittableRandom random = new SplittableRandom(1);
  private final byte[][] starts = new byte[INTERVALS][];
  private final byte[][] ends = new byte[INTERVALS][];
  private final ReadSet reads;
  private final WriteLog.Entry first;
  private final long last;
  private final IntervalTree<Long> watched = new IntervalTree<>();
  private int turn;
  private long found;

  public ReadsInner() {
    Map<Long, IntervalSet> intervals = new HashMap<>();
    intervals.put(INDEX, new IntervalSet());
    for (int i = 0; i < INTERVALS; i++) {
      starts[i] = key(10L * i);
      ends[i] = key(10L * i + 5);
      intervals.get(INDEX).add(starts[i], ends[i]);
    }
    reads = ReadSet.copyOf(intervals);
    WriteLog log = new WriteLog(1, Limits.defaults());
    first = log.last();
    for (int i = 0; i < COMMITS; i++) {
      log.append(commit(i + 2));
    }
    last = log.last().timestamp;
    for (long i = 0; i < RANGES; i++) {
      watched.add(key(10 * i), key(10 * i + 5), i);
    }
  }

  private static byte[] key(long number) {
    return SortKey.builder().value(Value.of("general")).value(Value.of((double) number)).toBytes();
  }

  /** Keys between the intervals that are read. */
  private WriteLog.Entry commit(long timestamp) {
    long[] indexes = new long[KEYS_OF_COMMIT];
    byte[][] keys = new byte[KEYS_OF_COMMIT][];
    WriteLog.Written[] documents = new WriteLog.Written[KEYS_OF_COMMIT];
    for (int i = 0; i < KEYS_OF_COMMIT; i++) {
      indexes[i] = INDEX;
      keys[i] = key(10L * random.nextInt(INTERVALS) + 5 + random.nextInt(5));
      documents[i] = new WriteLog.Written("messages", InnerSamples.id(random));
    }
    return new WriteLog.Entry(timestamp, WriteSource.UNKNOWN, indexes, keys, documents);
  }

  private int next() {
    turn = (turn + 1) % INTERVALS;
    return turn;
  }

  @Benchmark
  public boolean readSetContains() {
    return reads.contains(INDEX, starts[next()]);
  }

  /** Intervals of one index, one after the other. */
  @Benchmark
  @OperationsPerInvocation(INTERVALS)
  public Object addInterval() {
    IntervalSet set = new IntervalSet();
    for (int i = 0; i < INTERVALS; i++) {
      set.add(starts[i], ends[i]);
    }
    return set;
  }

  @Benchmark
  public boolean conflictInLog() {
    return WriteLog.firstConflict(first, last, reads) != null;
  }

  @Benchmark
  public long watchersOfKey() {
    watched.find(starts[next()], owner -> found += owner);
    return found;
  }
}
