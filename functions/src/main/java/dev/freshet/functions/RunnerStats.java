package dev.freshet.functions;

import java.time.Duration;
import java.util.Map;

/**
 * What the processes of one owner do and have done since the server started.
 *
 * @param processes running now
 * @param residentBytes memory of those; 0 where the platform can't tell
 * @param starts processes started
 * @param deaths processes that ended while they worked, by the name of the cause
 * @param calls calls begun, those that ran again included
 * @param prepared contexts loaded ahead of calls, code caches taken
 * @param waiting calls that wait for a process
 * @param oldestWait of those
 */
public record RunnerStats(
    int processes,
    long residentBytes,
    long starts,
    Map<String, Long> deaths,
    long calls,
    long prepared,
    int waiting,
    Duration oldestWait) {
  public static final RunnerStats NONE = new RunnerStats(0, 0, 0, Map.of(), 0, 0, 0, Duration.ZERO);
}
