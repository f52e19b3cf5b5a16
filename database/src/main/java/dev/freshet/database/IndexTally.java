package dev.freshet.database;

import dev.freshet.values.InternalId;
import java.util.LinkedHashMap;
import java.util.Map;

/** What the documents of a table say about the entries that one of its indexes must have. */
final class IndexTally {
  private static final int MAX_KEPT = 100_000;

  /** Current entries that are needed and there. */
  long current;

  /** Historic entries that are needed and there. */
  long removed;

  /** Needed current entries that aren't there. */
  private long missing;

  private final Map<Long, InternalId> missingDocuments = new LinkedHashMap<>();

  void missing(long document, InternalId id) {
    missing++;
    if (missingDocuments.size() < MAX_KEPT) {
      missingDocuments.put(document, id);
    }
  }

  long missing() {
    return missing;
  }

  /** The documents without their entry, by number; the first so many of them. */
  Map<Long, InternalId> missingDocuments() {
    return missingDocuments;
  }
}
