package dev.freshet.app;

import dev.freshet.functions.LogLine;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * The console of one running action: its lines go into the function log while it runs, in order,
 * gathered for a moment so that a chatty action doesn't drive others' entries out. Thread-safe.
 */
final class ActionLog {
  private static final Duration GATHERING = Duration.ofMillis(250);

  private final FunctionLog log;
  private final Function<List<CallLogLine>, FunctionProgress> entry;
  private final List<CallLogLine> all = new ArrayList<>();
  private int told;
  private boolean gathering;

  /**
   * @param entry makes an entry of some lines
   */
  ActionLog(FunctionLog log, Function<List<CallLogLine>, FunctionProgress> entry) {
    this.log = log;
    this.entry = entry;
  }

  void add(LogLine line) {
    add(new CallLogLine(line, null));
  }

  synchronized void add(CallLogLine line) {
    all.add(line);
    if (!gathering) {
      gathering = true;
      Thread.ofVirtual().name("action log").start(this::tellSoon);
    }
  }

  private void tellSoon() {
    try {
      Thread.sleep(GATHERING);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    tell();
  }

  private synchronized void tell() {
    gathering = false;
    if (told < all.size()) {
      log.add(entry.apply(List.copyOf(all.subList(told, all.size()))));
      told = all.size();
    }
  }

  /** Tells what was not told yet; returns all lines. */
  synchronized List<CallLogLine> end() {
    tell();
    return List.copyOf(all);
  }
}
