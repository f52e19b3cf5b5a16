package dev.freshet.functions;

import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;

/** Counts what the processes of one owner do. Thread-safe. */
final class RunnerCounters {
  private static final CauseOfDeath[] CAUSES = CauseOfDeath.values();

  private final LongAdder starts = new LongAdder();
  private final LongAdder calls = new LongAdder();
  private final LongAdder prepared = new LongAdder();
  private final AtomicLongArray deaths = new AtomicLongArray(CAUSES.length);

  void started() {
    starts.increment();
  }

  void called() {
    calls.increment();
  }

  void prepared() {
    prepared.increment();
  }

  void died(CauseOfDeath cause) {
    deaths.incrementAndGet(cause.ordinal());
  }

  RunnerStats stats(int processes, long residentBytes, int waiting, Duration oldestWait) {
    Map<String, Long> byCause = new TreeMap<>();
    for (CauseOfDeath cause : CAUSES) {
      long count = deaths.get(cause.ordinal());
      if (count > 0) {
        byCause.put(cause.name(), count);
      }
    }
    return new RunnerStats(
        processes,
        residentBytes,
        starts.sum(),
        byCause,
        calls.sum(),
        prepared.sum(),
        waiting,
        oldestWait);
  }
}
