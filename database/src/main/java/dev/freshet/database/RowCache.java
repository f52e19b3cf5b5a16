package dev.freshet.database;

import dev.freshet.database.SystemTable.Row;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What was read of system tables, kept as long as nobody writes to the table: the functions,
 * settings and schemas that every call looks up don't touch the disk. Only tables that were left
 * alone for a while are cached, which leaves out those that every call writes. Thread-safe.
 */
final class RowCache {
  private static final int MAX_ENTRIES = 4096;
  private static final long QUIET_NANOS = 1_000_000_000;

  private final Map<Question, Answer> answers = new ConcurrentHashMap<>();

  /** A read: the rows of an interval of an index, or the first of them. */
  record Question(long index, KeyRange range, boolean firstOnly) {
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Question that
          && index == that.index
          && firstOnly == that.firstOnly
          && Arrays.equals(range.start(), that.range.start())
          && Arrays.equals(range.end(), that.range.end());
    }

    @Override
    public int hashCode() {
      return Long.hashCode(index) * 31 + Arrays.hashCode(range.start());
    }
  }

  /**
   * @param timestamp a snapshot at which it was right
   * @param rows the records
   * @param read the part of the interval that was read
   */
  private record Answer(long timestamp, List<? extends Row<?>> rows, KeyRange read) {}

  /** The rows a question is known to have as the transaction sees it; null if that isn't known. */
  @SuppressWarnings("unchecked") // an index belongs to one table, which has one type of row
  <T> @Nullable List<Row<T>> find(Transaction transaction, TableLayout layout, Question question) {
    Answer answer = answers.get(question);
    if (answer == null || hasWritten(transaction, question.index())) {
      return null;
    }
    long begin = transaction.beginTimestamp();
    long lastWrite = transaction.engine().lastWrites().of(layout.table().storage());
    if (lastWrite > answer.timestamp() || lastWrite > begin || answer.timestamp() > begin) {
      return null;
    }
    transaction.reads().system(question.index(), answer.read());
    return (List<Row<T>>) answer.rows();
  }

  private static boolean hasWritten(Transaction transaction, long index) {
    var overlay = transaction.writes().overlay(index);
    return overlay != null && !overlay.isEmpty();
  }

  <T> void put(
      Transaction transaction,
      TableLayout layout,
      Question question,
      List<Row<T>> rows,
      KeyRange read) {
    long begin = transaction.beginTimestamp();
    LastWrites lastWrites = transaction.engine().lastWrites();
    long lastWrite = lastWrites.of(layout.table().storage());
    if (!lastWrites.isKnownSince(begin)
        || hasWritten(transaction, question.index())
        || transaction.isCreatedHere(layout.table())
        || lastWrite > begin
        || transaction.engine().clock().unixNanos() - lastWrite < QUIET_NANOS) {
      return;
    }
    if (answers.size() >= MAX_ENTRIES) {
      answers.clear();
    }
    answers.put(question, new Answer(begin, rows, read));
  }
}
