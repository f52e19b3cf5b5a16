package dev.freshet.storage;

import dev.freshet.values.InternalId;
import org.jspecify.annotations.Nullable;

/** Reads at a timestamp. Confined to one thread at a time. */
public interface PersistenceReader extends AutoCloseable {
  /**
   * The newest revision with a timestamp of at most {@code atTimestamp}; null if none or deleted.
   */
  @Nullable DocumentRevision document(long table, InternalId id, long atTimestamp);

  /**
   * One page of an index in key order: the entries that are present at {@code scan.atTimestamp()},
   * each with the document revision it points to. Work is proportional to the rows returned, not to
   * the interval.
   */
  IndexPage scan(IndexScan scan);

  @Override
  void close();
}
