package dev.freshet.database;

import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a transaction has read, and its limits (spec 40 §7.1-7.2). A limit is checked after
 * counting: once it is exceeded, every later read fails as well. Reads of system tables are
 * recorded but not counted.
 */
final class ReadRecorder {
  private static final String HELP =
      " Consider using smaller limits in your queries, paginating them, or reading through an index"
          + " with a narrower range.";

  private final Map<Long, IntervalSet> indexes = new HashMap<>();
  private final Usage usage;
  private @Nullable ReadSet snapshot;

  ReadRecorder(Usage usage) {
    this.usage = usage;
  }

  /** Records an interval of an index of a system table, or of the catalog. */
  void system(long index, KeyRange range) {
    add(index, range.start(), range.end());
  }

  /** Records an interval of a user table's index. */
  void user(long index, byte[] start, byte @Nullable [] end) {
    int more = add(index, start, end);
    if (more != 0) {
      usage.databaseQueries += more;
    }
    if (usage.databaseQueries > usage.limits.databaseQueries()) {
      throw limit(
          "TooManyReads",
          "Too many reads in a single function execution (limit: "
              + usage.limits.databaseQueries()
              + ").");
    }
  }

  /** Counts a document of a user table. */
  void document(int size) {
    documents(1, size);
  }

  /** Counts documents of a user table. */
  void documents(long count, long size) {
    usage.documentsRead += count;
    usage.bytesRead += size;
    if (usage.documentsRead > usage.limits.documentsRead()) {
      throw limit(
          "TooManyDocumentsRead",
          "Too many documents read in a single function execution (limit: "
              + usage.limits.documentsRead()
              + ").");
    }
    if (usage.bytesRead > usage.limits.bytesRead()) {
      throw limit(
          "TooManyBytesRead",
          "Too many bytes read in a single function execution (limit: "
              + usage.limits.bytesRead()
              + " bytes).");
    }
  }

  private static FreshetException limit(String code, String text) {
    return new FreshetException(ErrorClass.PAGINATION_LIMIT, code, text + HELP);
  }

  /** Returns by how much the number of disjoint intervals grew. */
  private int add(long index, byte[] start, byte @Nullable [] end) {
    IntervalSet intervals = indexes.get(index);
    if (intervals == null) {
      intervals = new IntervalSet();
      indexes.put(index, intervals);
    }
    int before = intervals.count();
    intervals.add(start, end);
    snapshot = null;
    return intervals.count() - before;
  }

  ReadSet readSet() {
    ReadSet known = snapshot;
    if (known == null) {
      known = ReadSet.copyOf(indexes);
      snapshot = known;
    }
    return known;
  }
}
