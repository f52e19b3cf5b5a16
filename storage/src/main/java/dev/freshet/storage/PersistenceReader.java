package dev.freshet.storage;

import dev.freshet.values.InternalId;
import org.jspecify.annotations.Nullable;

/**
 * Reads at a timestamp. Confined to one thread at a time. No call leaves anything open in the
 * store: a page is read as of one moment, and concurrent commits don't disturb it.
 *
 * <p>A read at a timestamp that {@link Persistence#retain} has passed fails with {@link
 * dev.freshet.values.ErrorClass#OUT_OF_RETENTION} or gives an incomplete answer; whoever allows
 * reads in the past compares with the {@link RetentionBounds} after each read.
 */
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

  /**
   * One page of a table in the order of ids: the documents that exist at {@code
   * scan.atTimestamp()}. This is the index {@code by_id}, which has no entries of its own.
   */
  TablePage scanTable(TableScan scan);

  @Override
  void close();
}
