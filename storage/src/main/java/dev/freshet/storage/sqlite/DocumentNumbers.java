package dev.freshet.storage.sqlite;

import dev.freshet.storage.CommitRecord.DocumentWrite;
import dev.freshet.storage.CommitRecord.IndexWrite;
import dev.freshet.values.FreshetException;
import dev.freshet.values.InternalId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Finds the number of a document that the same commit writes. */
final class DocumentNumbers {
  /** Where a linear search for a document of the same commit ends and a map begins. */
  private static final int SMALL_COMMIT = 16;

  private final List<DocumentWrite> documents;
  private final long[] numbers;
  private int last;
  private @Nullable Map<Key, Long> map;

  private record Key(long table, InternalId id) {}

  DocumentNumbers(List<DocumentWrite> documents, long[] numbers) {
    this.documents = documents;
    this.numbers = numbers;
  }

  long of(IndexWrite entry) {
    // Entries usually come in the order of the documents.
    int searched = Math.min(numbers.length, SMALL_COMMIT);
    for (int i = 0; i < searched; i++) {
      int candidate = (last + i) % numbers.length;
      if (matches(documents.get(candidate), entry)) {
        last = candidate;
        return numbers[candidate];
      }
    }
    if (searched < numbers.length) {
      Long number = map().get(new Key(entry.table(), entry.id()));
      if (number != null) {
        return number;
      }
    }
    throw FreshetException.internal(
        "An entry of index " + entry.index() + " points to a document its commit doesn't write",
        null);
  }

  private Map<Key, Long> map() {
    Map<Key, Long> known = map;
    if (known == null) {
      known = HashMap.newHashMap(numbers.length);
      for (int i = 0; i < numbers.length; i++) {
        known.put(new Key(documents.get(i).table(), documents.get(i).id()), numbers[i]);
      }
      map = known;
    }
    return known;
  }

  private static boolean matches(DocumentWrite document, IndexWrite entry) {
    return document.table() == entry.table() && document.id().equals(entry.id());
  }
}
