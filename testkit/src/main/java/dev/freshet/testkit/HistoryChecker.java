package dev.freshet.testkit;

import dev.freshet.testkit.History.Append;
import dev.freshet.testkit.History.Operation;
import dev.freshet.testkit.History.Outcome;
import dev.freshet.testkit.History.Read;
import dev.freshet.testkit.History.Transaction;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
 * A history is strictly serializable exactly if these edges have no cycle. A cycle of ww edges is
 * the anomaly G0 (dirty write), of ww and wr G1c, with one rw G-single (lost update, read skew),
 * with more G2 (write skew); with an rt edge it is a real-time violation. G1a (read of an aborted
 * write) and G1b (read of an intermediate one) are seen directly. (Adya's definitions; the method
 * is that of list-append checkers.)
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
  private final List<Anomaly> anomalies = new ArrayList<>();
  private final Map<Version, Integer> writers = new HashMap<>();
  private final Map<String, List<Long>> orders = new HashMap<>();
  private final DependencyGraph<Edge> graph;

  private record Version(String key, long value) {}

  private HistoryChecker(History history) {
    this.transactions = history.transactions();
    // A second half of nodes stands for the moments at which transactions ended.
    this.graph = new DependencyGraph<>(transactions.size() * 2);
  }

  /** The anomalies found; empty: the history is strictly serializable. */
  public static List<Anomaly> check(History history) {
    HistoryChecker checker = new HistoryChecker(history);
    checker.indexWriters();
    checker.orderVersions();
    checker.checkReads();
    checker.addVersionEdges();
    checker.addReadEdges();
    checker.addRealTimeEdges();
    checker.reportCycles();
    return checker.anomalies;
  }

  private void indexWriters() {
    for (int t = 0; t < transactions.size(); t++) {
      for (Operation operation : transactions.get(t).operations()) {
        if (operation instanceof Append(String key, long value)
            && writers.put(new Version(key, value), t) != null) {
          throw new IllegalArgumentException("value " + value + " is appended twice to " + key);
        }
      }
    }
  }

  private void orderVersions() {
    for (Transaction transaction : committed()) {
      for (Operation operation : transaction.operations()) {
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
      }
    }
  }

  private List<Transaction> committed() {
    return transactions.stream().filter(t -> t.outcome() == Outcome.COMMITTED).toList();
  }

  private void checkReads() {
    for (Transaction transaction : committed()) {
      Map<String, List<Long>> expected = new HashMap<>();
      for (Operation operation : transaction.operations()) {
        switch (operation) {
          case Append(String key, long value) ->
              expected.computeIfPresent(key, (_, seen) -> appended(seen, value));
          case Read(String key, List<Long> values) -> {
            checkRead(transaction, key, values, expected.get(key));
            expected.put(key, values);
          }
        }
      }
    }
  }

  private static List<Long> appended(List<Long> values, long value) {
    List<Long> longer = new ArrayList<>(values);
    longer.add(value);
    return longer;
  }

  private void checkRead(
      Transaction reader, String key, List<Long> values, @Nullable List<Long> expected) {
    if (expected != null && !expected.equals(values)) {
      report(
          "internal", reader.name() + " expected " + key + " = " + expected + ", read " + values);
    }
    for (long value : values) {
      Integer writer = writers.get(new Version(key, value));
      if (writer == null) {
        report("garbage read", reader.name() + " read " + value + " of " + key + ", never written");
      } else if (transactions.get(writer).outcome() == Outcome.FAILED) {
        report("G1a", reader.name() + " read " + value + " of failed " + name(writer));
      }
    }
    if (!values.isEmpty()) {
      checkIntermediate(reader, key, values.getLast());
    }
  }

  private void checkIntermediate(Transaction reader, String key, long last) {
    Integer writer = writers.get(new Version(key, last));
    if (writer == null || transactions.get(writer).equals(reader)) {
      return;
    }
    long finalValue = last;
    for (Operation operation : transactions.get(writer).operations()) {
      if (operation instanceof Append(String written, long value) && written.equals(key)) {
        finalValue = value;
      }
    }
    if (finalValue != last) {
      report("G1b", reader.name() + " read " + last + ", which " + name(writer) + " overwrote");
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
    for (int t = 0; t < transactions.size(); t++) {
      if (transactions.get(t).outcome() != Outcome.COMMITTED) {
        continue;
      }
      for (Operation operation : transactions.get(t).operations()) {
        if (operation instanceof Read(String key, List<Long> values)) {
          addReadEdges(t, key, values);
        }
      }
    }
  }

  private void addReadEdges(int reader, String key, List<Long> values) {
    List<Long> order = orders.getOrDefault(key, List.of());
    if (!values.isEmpty()) {
      edge(writers.get(new Version(key, values.getLast())), reader, Edge.WR);
    }
    if (values.size() < order.size()) {
      edge(reader, writers.get(new Version(key, order.get(values.size()))), Edge.RW);
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
