package dev.freshet.app;

import dev.freshet.database.ReadSet;
import org.jspecify.annotations.Nullable;

/**
 * One execution of a query and what it depends on. Immutable, shared by everybody it answers.
 *
 * @param readSet what it read, also if it failed
 * @param timestamp the snapshot it ran at
 * @param journal sealed, as clients keep it
 */
record QueryRun(Execution execution, ReadSet readSet, long timestamp, @Nullable String journal) {

  /** An estimate of the memory that keeping it takes. */
  long weight() {
    return 512L
        + execution.returnBytes()
        + 128L * readSet.size()
        + 256L * execution.logLines().size();
  }
}
