package dev.freshet.testkit;

import dev.freshet.testkit.History.Append;
import dev.freshet.testkit.History.Missed;
import dev.freshet.testkit.History.Operation;
import dev.freshet.testkit.History.Outcome;
import dev.freshet.testkit.History.Read;
import dev.freshet.testkit.History.Transaction;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Proves a history strictly serializable, or names what is wrong with it.
 *
 * <p>Because every value is appended once, the longest list that anyone read of a key is the order
 * of that key's versions, and a read tells which version it saw. From this follow the dependencies
 * between transactions, without trusting any timestamp of the system under test:
 *
 * <ul>
 *   <li>ww: wrote the version before,
 *   <li>wr: wrote the version that the other read,
 *   <li>rw: read the version that the other's write replaced,
 *   <li>rt: ended before the other began.
 * </ul>
 *
 * A predicate that missed a list tells less: only that the list's version was one that doesn't
 * satisfy it. It follows the writer of the first such version and precedes what replaced the last
 * one. That is exact where a list that satisfies a predicate, or fails to, goes on doing so; and
 * never wrong. A list that satisfied it in all versions that anyone read must not be missed, so a
 * history with predicates should end with a read of everything.
 *
 * <p>A history is strictly serializable exactly if these edges have no cycle. A cycle of ww edges
 * is the anomaly G0 (dirty write), of ww and wr G1c, with one rw G-single (lost update, read skew),
 * with more G2 (write skew); with an rt edge it is a real-time violation. G1a (read of an aborted
 * write, or of one that was rolled back within its transaction) and G1b (read of an intermediate
 * one) are seen directly. (Adya's definitions; the method is that of list-append checkers.)
 */
public final class HistoryChecker {
  /** Something that a strictly serializable system never shows. */
  public record Anomaly(String kind, String description) {}

  private enum Edge {
    WW,
    WR,
    RW,
    RT
  }

  private final List<Transaction> transactions;

  /** The operations of each transaction without those that were rolled back; see OwnView. */
  private final List<List<Operation>> operations = new ArrayList<>();

  private final List<Anomaly> anomalies = new ArrayList<>();
  private final Map<Version, Integer> writers = new HashMap<>();
  private final Map<String, List<Long>> orders = new HashMap<>();
  private final DependencyGraph<Edge> graph;

  /** What was rolled back within transactions, or by their end. */
  private final Set<Version> undone = new HashSet<>();

  record Version(String key, long value) {}

  private HistoryChecker(History history) {
    this.transactions = history.transactions();
    // A second half of nodes stands for the moments at which transactions ended.
    this.graph = new DependencyGraph<>(transactions.size() * 2);
  }

  /** The anomalies found; empty: the history is strictly serializable. */
  public static List<Anomaly> check(History history) {
    HistoryChecker checker = new HistoryChecker(history);
    checker.unfold();
    checker.indexWriters();
    checker.orderVersions();
    checker.checkReads();
    checker.addVersionEdges();
    checker.addReadEdges();
    checker.addRealTimeEdges();
    checker.reportCycles();
    return checker.anomalies;
  }

  private void unfold() {
    for (Transaction transaction : transactions) {
      OwnView view = new OwnView(transaction);
      operations.add(view.effective());
      undone.addAll(view.undone());
      if (transaction.outcome() == Outcome.COMMITTED) {
        view.contradictions().forEach(text -> report("internal", text));
      }
    }
  }

  private void indexWriters() {
    Set<Version> known = new HashSet<>(undone);
    for (int t = 0; t < transactions.size(); t++) {
      for (Operation operation : operations.get(t)) {
        if (operation instanceof Append(String key, long value)) {
          if (!known.add(new Version(key, value))) {
            throw new IllegalArgumentException("value " + value + " is appended twice to " + key);
          }
          writers.put(new Version(key, value), t);
        }
      }
    }
  }

  private void orderVersions() {
    forEachCommitted(
        (_, operation) -> {
          if (operation instanceof Read(String key, List<Long> values)) {
            List<Long> longest = orders.getOrDefault(key, List.of());
            boolean longer = values.size() > longest.size();
            List<Long> shorter = longer ? longest : values;
            if (!(longer ? values : longest).subList(0, shorter.size()).equals(shorter)) {
              report("incompatible order", key + " was read as " + values + " and as " + longest);
            }
            if (longer) {
              orders.put(key, values);
            }
          }
        });
  }

  private interface Visitor {
    void visit(int transaction, Operation operation);
  }

  private void forEachCommitted(Visitor visitor) {
    for (int t = 0; t < transactions.size(); t++) {
      if (transactions.get(t).outcome() == Outcome.COMMITTED) {
        for (Operation operation : operations.get(t)) {
          visitor.visit(t, operation);
        }
      }
    }
  }

  private void checkReads() {
    forEachCommitted(
        (t, operation) -> {
          if (operation instanceof Read(String key, List<Long> values)) {
            checkRead(t, key, values);
          }
        });
  }

  private void checkRead(int reader, String key, List<Long> values) {
    for (long value : values) {
      Version version = new Version(key, value);
      Integer writer = writers.get(version);
      if (undone.contains(version)) {
        report("G1a", name(reader) + " read " + value + ", which was rolled back");
      } else if (writer == null) {
        report("garbage read", name(reader) + " read " + value + " of " + key + ", never written");
      } else if (transactions.get(writer).outcome() == Outcome.FAILED) {
        report("G1a", name(reader) + " read " + value + " of failed " + name(writer));
      }
    }
    if (!values.isEmpty()) {
      checkIntermediate(reader, key, values.getLast());
    }
  }

  private void checkIntermediate(int reader, String key, long last) {
    Integer writer = writers.get(new Version(key, last));
    if (writer == null || writer == reader) {
      return;
    }
    long finalValue = last;
    for (Operation operation : operations.get(writer)) {
      if (operation instanceof Append(String written, long value) && written.equals(key)) {
        finalValue = value;
      }
    }
    if (finalValue != last) {
      report("G1b", name(reader) + " read " + last + ", which " + name(writer) + " overwrote");
    }
  }

  private void addVersionEdges() {
    orders.forEach(
        (key, values) -> {
          for (int i = 1; i < values.size(); i++) {
            edge(
                writers.get(new Version(key, values.get(i - 1))),
                writers.get(new Version(key, values.get(i))),
                Edge.WW);
          }
        });
  }

  private void addReadEdges() {
    forEachCommitted(
        (t, operation) -> {
          switch (operation) {
            case Read(String key, List<Long> values) ->
                addReadEdges(t, key, values.size(), values.size());
            case Missed missed -> addMissEdges(t, missed);
            default -> {}
          }
        });
  }

  private void addMissEdges(int reader, Missed missed) {
    List<Long> order = orders.getOrDefault(missed.key(), List.of());
    int first = -1;
    int last = -1;
    for (int length = 0; length <= order.size(); length++) {
      if (length == 0 || !missed.predicate().test(order.subList(0, length))) {
        first = first < 0 ? length : first;
        last = length;
      }
    }
    addReadEdges(reader, missed.key(), first, last);
  }

  /** Saw a version of a list whose length is one of these. */
  private void addReadEdges(int reader, String key, int atLeast, int atMost) {
    List<Long> order = orders.getOrDefault(key, List.of());
    if (atLeast > 0) {
      edge(writers.get(new Version(key, order.get(atLeast - 1))), reader, Edge.WR);
    }
    if (atMost < order.size()) {
      edge(reader, writers.get(new Version(key, order.get(atMost))), Edge.RW);
    }
  }

  private void edge(@Nullable Integer from, @Nullable Integer to, Edge kind) {
    if (from != null && to != null && !from.equals(to)) {
      graph.add(from, to, kind);
    }
  }

  /**
   * A chain of moments keeps the edges linear in number: each end leads to all later beginnings.
   */
  private void addRealTimeEdges() {
    int count = transactions.size();
    List<Integer> byEnd = new ArrayList<>();
    List<Integer> byBegin = new ArrayList<>();
    for (int t = 0; t < count; t++) {
      if (transactions.get(t).outcome() == Outcome.COMMITTED) {
        byEnd.add(t);
      }
      if (transactions.get(t).outcome() != Outcome.FAILED) {
        byBegin.add(t);
      }
    }
    byEnd.sort(Comparator.comparingLong(t -> transactions.get(t).completedAt()));
    byBegin.sort(Comparator.comparingLong(t -> transactions.get(t).invokedAt()));
    int ended = 0;
    for (int begun : byBegin) {
      long begin = transactions.get(begun).invokedAt();
      for (; ended < byEnd.size() && end(byEnd.get(ended)) < begin; ended++) {
        graph.add(byEnd.get(ended), count + ended, Edge.RT);
        if (ended > 0) {
          graph.add(count + ended - 1, count + ended, Edge.RT);
        }
      }
      if (ended > 0) {
        graph.add(count + ended - 1, begun, Edge.RT);
      }
    }
  }

  private long end(int transaction) {
    return transactions.get(transaction).completedAt();
  }

  private void reportCycles() {
    for (List<DependencyGraph.Step<Edge>> cycle : graph.shortestCycles()) {
      report(kindOf(cycle), describe(cycle));
    }
  }

  private static String kindOf(List<DependencyGraph.Step<Edge>> cycle) {
    long reads = cycle.stream().filter(step -> step.kind() == Edge.RW).count();
    String suffix = cycle.stream().anyMatch(step -> step.kind() == Edge.RT) ? " (real time)" : "";
    if (reads > 1) {
      return "G2" + suffix;
    }
    if (reads == 1) {
      return "G-single" + suffix;
    }
    return (cycle.stream().anyMatch(step -> step.kind() == Edge.WR) ? "G1c" : "G0") + suffix;
  }

  private String describe(List<DependencyGraph.Step<Edge>> cycle) {
    return cycle.stream()
        .map(step -> name(step.from()) + " -" + step.kind() + "-> " + name(step.to()))
        .collect(Collectors.joining(", "));
  }

  private String name(int node) {
    return node < transactions.size()
        ? transactions.get(node).name()
        : "moment " + (node - transactions.size());
  }

  private void report(String kind, String description) {
    anomalies.add(new Anomaly(kind, description));
  }
}
