package dev.freshet.database;

import dev.freshet.values.DocumentId;
import dev.freshet.values.InternalId;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import java.util.HashMap;
import java.util.Map;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.junit.jupiter.api.Test;

/**
 * What is read without a lock while commits go on, in all sorts of interleavings: what the threads
 * see must be what they could have seen one after the other.
 */
class InterleavingsTest {
  private static final long SECOND = 1_000_000_000;
  private static final long INDEX = 41;

  @Test
  void theWriteLogTellsConflictsWhileItGrowsAndIsTrimmed() {
    check(ReadLog.class);
  }

  private static void check(Class<?> state) {
    new ModelCheckingOptions()
        .threads(2)
        .actorsBefore(3)
        .actorsPerThread(3)
        .actorsAfter(1)
        .iterations(5)
        .invocationsPerIteration(100)
        .check(state);
  }

  /** A log that forgets after two seconds, with a commit each second. */
  @Param(name = "time", gen = IntGen.class, conf = "1:6")
  @Param(name = "key", gen = IntGen.class, conf = "1:2")
  public static class ReadLog {
    private final WriteLog log =
        new WriteLog(SECOND, Limits.of(Map.of(Limit.WRITE_LOG_MAX_RETENTION_SECS, 2L)));
    private volatile long published = SECOND;

    /** As the committer does it: the entry first, then the snapshot. */
    @Operation(nonParallelGroup = "committer")
    public void commit(@Param(name = "key") int key) {
      append(key);
      published = log.last().timestamp;
    }

    /** One whose write fails. */
    @Operation(nonParallelGroup = "committer")
    public void commitInVain(@Param(name = "key") int key) {
      append(key).failed = true;
    }

    private WriteLog.Entry append(int key) {
      WriteLog.Entry entry =
          new WriteLog.Entry(
              log.last().timestamp + SECOND,
              WriteSource.UNKNOWN,
              new long[] {INDEX},
              new byte[][] {{(byte) key}},
              new WriteLog.Written[] {
                new WriteLog.Written("notes", new DocumentId(1, new InternalId(0, key)))
              });
      log.append(entry);
      return entry;
    }

    /** The first published commit after a time that wrote a key. */
    @Operation
    public String conflict(@Param(name = "time") int time, @Param(name = "key") int key) {
      long to = published;
      if (time * SECOND > to) {
        return "in the future";
      }
      WriteLog.Entry from = log.at(time * SECOND);
      if (from == WriteLog.FORGOTTEN) {
        return "forgotten";
      }
      WriteLog.Hit hit = WriteLog.firstConflict(from, to, reads(key));
      return hit == null ? "none" : "at " + hit.entry().timestamp / SECOND;
    }

    private static ReadSet reads(int key) {
      IntervalSet intervals = new IntervalSet();
      intervals.add(new byte[] {(byte) key}, new byte[] {(byte) key, 0});
      Map<Long, IntervalSet> indexes = new HashMap<>();
      indexes.put(INDEX, intervals);
      return ReadSet.copyOf(indexes);
    }
  }
}
