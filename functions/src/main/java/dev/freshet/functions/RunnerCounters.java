package dev.freshet.functions;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** Counts what the processes of one owner do. Thread-safe. */
final class RunnerCounters {
  private final LongAdder starts = new LongAdder();
  private final LongAdder calls = new LongAdder();
  private final LongAdder prepared = new LongAdder();
  private final Map<CauseOfDeath, LongAdder> deaths = new ConcurrentHashMap<>();

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
    deaths.computeIfAbsent(cause, _ -> new LongAdder()).increment();
  }

  /**
   * @param pids the processes that there are
   */
  RunnerStats stats(List<Long> pids, int waiting, Duration oldestWait) {
    Map<String, Long> byCause = new TreeMap<>();
    deaths.forEach((cause, count) -> byCause.put(cause.name(), count.sum()));
    return new RunnerStats(
        pids.size(),
        pids.stream().mapToLong(ResidentMemory::of).sum(),
        starts.sum(),
        byCause,
        calls.sum(),
        prepared.sum(),
        waiting,
        oldestWait);
  }
}
