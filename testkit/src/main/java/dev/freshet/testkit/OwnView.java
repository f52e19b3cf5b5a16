package dev.freshet.testkit;

import dev.freshet.testkit.History.Append;
import dev.freshet.testkit.History.Missed;
import dev.freshet.testkit.History.Operation;
import dev.freshet.testkit.History.Read;
import dev.freshet.testkit.History.RolledBack;
import dev.freshet.testkit.History.Transaction;
import dev.freshet.testkit.HistoryChecker.Version;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A transaction as its own steps explain it: each must see what those before it read and appended,
 * and within a part that is rolled back also what that part has appended so far. What remains for
 * the others are its {@link #effective} operations: without the appends that were rolled back, and
 * the reads that saw these as if they had been made without them.
 */
final class OwnView {
  private final String name;
  private final List<Operation> effective = new ArrayList<>();
  private final List<String> contradictions = new ArrayList<>();
  private final Set<Version> undone = new HashSet<>();

  /** What was seen of lists, with what was appended since, but for what will be rolled back. */
  private final Map<String, List<Long>> known = new HashMap<>();

  /** What was appended, and stays. */
  private final Map<String, List<Long>> own = new HashMap<>();

  OwnView(Transaction transaction) {
    name = transaction.name();
    transaction.operations().forEach(operation -> step(operation, null));
  }

  /** Reads, misses and appends. */
  List<Operation> effective() {
    return effective;
  }

  /** What is wrong within the transaction, whatever the others did. */
  List<String> contradictions() {
    return contradictions;
  }

  /** What it appended and rolled back. */
  Set<Version> undone() {
    return undone;
  }

  /**
   * @param passing what the parts around have appended that will be rolled back; null outside of
   *     such parts
   */
  private void step(Operation operation, @Nullable Map<String, List<Long>> passing) {
    switch (operation) {
      case Append(String key, long value) -> {
        if (passing != null) {
          undone.add(new Version(key, value));
          passing.merge(key, List.of(value), OwnView::joined);
        } else {
          effective.add(operation);
          own.merge(key, List.of(value), OwnView::joined);
          known.computeIfPresent(key, (_, seen) -> joined(seen, List.of(value)));
        }
      }
      case Read(String key, List<Long> values) -> read(key, values, of(passing, key));
      case Missed missed -> missed(missed, of(passing, missed.key()));
      case RolledBack(List<Operation> part) -> {
        Map<String, List<Long>> inside = new HashMap<>(passing == null ? Map.of() : passing);
        part.forEach(inner -> step(inner, inside));
      }
    }
  }

  private static List<Long> of(@Nullable Map<String, List<Long>> lists, String key) {
    return lists == null ? List.of() : lists.getOrDefault(key, List.of());
  }

  private void read(String key, List<Long> values, List<Long> passing) {
    if (!endsWith(values, passing)) {
      contradict(key, "a list that ends with " + passing, values);
      return;
    }
    List<Long> base = List.copyOf(values.subList(0, values.size() - passing.size()));
    List<Long> expected = known.get(key);
    if (expected != null ? !expected.equals(base) : !endsWith(base, of(own, key))) {
      contradict(key, expected != null ? expected : "a list that ends with " + of(own, key), base);
    }
    known.put(key, base);
    effective.add(new Read(key, base));
  }

  private void missed(Missed missed, List<Long> passing) {
    List<Long> expected = known.get(missed.key());
    if (expected != null) {
      List<Long> whole = joined(expected, passing);
      if (!whole.isEmpty() && missed.predicate().test(whole)) {
        contradict(missed.key(), whole, "nothing where " + missed.description());
      }
    }
    if (passing.isEmpty()) {
      effective.add(missed);
    }
  }

  private void contradict(String key, Object expected, Object seen) {
    contradictions.add(name + " expected " + key + " = " + expected + ", read " + seen);
  }

  private static boolean endsWith(List<Long> list, List<Long> end) {
    return list.size() >= end.size()
        && list.subList(list.size() - end.size(), list.size()).equals(end);
  }

  private static List<Long> joined(List<Long> first, List<Long> second) {
    List<Long> all = new ArrayList<>(first);
    all.addAll(second);
    return all;
  }
}
