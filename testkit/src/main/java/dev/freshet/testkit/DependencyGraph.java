package dev.freshet.testkit;

import static java.util.Objects.requireNonNull;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A directed graph with labelled edges that finds one short cycle of each knot. */
final class DependencyGraph<L> {
  /** An edge. */
  record Step<L>(int from, int to, L kind) {}

  private final List<List<Step<L>>> edges;

  DependencyGraph(int nodes) {
    edges = new ArrayList<>(nodes);
    for (int i = 0; i < nodes; i++) {
      edges.add(new ArrayList<>());
    }
  }

  void add(int from, int to, L kind) {
    edges.get(from).add(new Step<>(from, to, kind));
  }

  /**
   * For each strongly connected component with a cycle, a shortest cycle through one of its nodes.
   */
  List<List<Step<L>>> shortestCycles() {
    int[] component = components();
    boolean[] reported = new boolean[edges.size() + 1];
    List<List<Step<L>>> cycles = new ArrayList<>();
    for (int node = 0; node < edges.size(); node++) {
      if (!reported[component[node]]) {
        List<Step<L>> cycle = cycleThrough(node, component);
        if (!cycle.isEmpty()) {
          reported[component[node]] = true;
          cycles.add(cycle);
        }
      }
    }
    return cycles;
  }

  private List<Step<L>> cycleThrough(int start, int[] component) {
    Map<Integer, Step<L>> arrivedBy = new HashMap<>();
    ArrayDeque<Integer> queue = new ArrayDeque<>(List.of(start));
    while (!queue.isEmpty()) {
      for (Step<L> step : edges.get(queue.poll())) {
        if (component[step.to()] != component[start]) {
          continue;
        }
        if (step.to() == start) {
          return path(arrivedBy, step, start);
        }
        if (arrivedBy.putIfAbsent(step.to(), step) == null) {
          queue.add(step.to());
        }
      }
    }
    return List.of();
  }

  private static <L> List<Step<L>> path(Map<Integer, Step<L>> arrivedBy, Step<L> last, int start) {
    ArrayDeque<Step<L>> path = new ArrayDeque<>(List.of(last));
    while (path.getFirst().from() != start) {
      path.addFirst(requireNonNull(arrivedBy.get(path.getFirst().from())));
    }
    return List.copyOf(path);
  }

  /**
   * Tarjan's algorithm with its own stack, as histories are longer than a thread's stack is deep.
   */
  private int[] components() {
    int count = edges.size();
    int[] component = new int[count];
    int[] index = new int[count];
    int[] low = new int[count];
    int[] nextEdge = new int[count];
    boolean[] onStack = new boolean[count];
    Arrays.fill(index, -1);
    ArrayDeque<Integer> stack = new ArrayDeque<>();
    ArrayDeque<Integer> calls = new ArrayDeque<>();
    int visited = 0;
    int found = 0;
    for (int root = 0; root < count; root++) {
      if (index[root] < 0) {
        calls.push(root);
      }
      while (!calls.isEmpty()) {
        int node = calls.peek();
        if (index[node] < 0) {
          index[node] = visited;
          low[node] = visited++;
          stack.push(node);
          onStack[node] = true;
        }
        if (nextEdge[node] < edges.get(node).size()) {
          int to = edges.get(node).get(nextEdge[node]++).to();
          if (index[to] < 0) {
            calls.push(to);
          } else if (onStack[to]) {
            low[node] = Math.min(low[node], index[to]);
          }
          continue;
        }
        calls.pop();
        if (!calls.isEmpty()) {
          low[calls.peek()] = Math.min(low[calls.peek()], low[node]);
        }
        if (low[node] == index[node]) {
          int member;
          do {
            member = stack.pop();
            onStack[member] = false;
            component[member] = found;
          } while (member != node);
          found++;
        }
      }
    }
    return component;
  }
}
