package dev.freshet.server;

import dev.freshet.testkit.History;
import dev.freshet.testkit.History.Operation;
import dev.freshet.testkit.History.Outcome;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Random transactions over few, hot lists, and the history of what they saw. The lists change from
 * time to time, so that none gets long. Thread-safe.
 */
final class ListTransactions {
  private static final List<String> KEYS = List.of("d0", "d1", "d2", "r0", "r1", "r2");
  private static final int EPOCH_DIGITS = 4;
  private static final int TRANSACTIONS_PER_EPOCH = 100;
  private static final int TRANSACTIONS_PER_FAILURE = 12;

  private final AtomicLong begun = new AtomicLong();
  private final AtomicLong values = new AtomicLong();
  private final ConcurrentLinkedQueue<History.Transaction> history = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<Committed> committed = new ConcurrentLinkedQueue<>();

  /** An appended value whose commit timestamp a client was told. */
  record Committed(String key, long value, long timestamp) {}

  /** All keys from a first to a last one. */
  record Range(String from, String to) implements LiveWatcher.Watched {
    @Override
    public String path() {
      return "lists:between";
    }

    @Override
    public ObjectNode args() {
      return json();
    }

    boolean contains(String key) {
      return key.compareTo(from) >= 0 && key.compareTo(to) <= 0;
    }

    ObjectNode json() {
      return WireApi.MAPPER.createObjectNode().put("from", from).put("to", to);
    }
  }

  private sealed interface Step {
    record Append(String key, long value) implements Step {}

    record Read(String key) implements Step {}

    record ReadRange(Range range, List<String> keys) implements Step {}
  }

  /** A transaction that was begun: it must be ended in one of three ways. */
  final class Begun {
    private final String name;
    private final List<Step> steps;
    private final boolean fails;
    private final long invokedAt = System.nanoTime();

    private Begun(String name, List<Step> steps, boolean fails) {
      this.name = name;
      this.steps = steps;
      this.fails = fails;
    }

    /** The arguments of {@code lists:run}. */
    ObjectNode args() {
      ObjectNode args = WireApi.MAPPER.createObjectNode();
      ArrayNode list = args.putArray("steps");
      for (Step step : steps) {
        switch (step) {
          case Step.Append(String key, long value) ->
              list.addObject().put("append", key).put("value", (double) value);
          case Step.Read(String key) -> list.addObject().put("read", key);
          case Step.ReadRange(Range range, _) -> list.add(range.json());
        }
      }
      return args.put("fail", fails);
    }

    boolean fails() {
      return fails;
    }

    /** Returned what its steps saw. */
    void returned(JsonNode result) {
      List<Operation> operations = new ArrayList<>();
      for (int i = 0; i < steps.size(); i++) {
        JsonNode seen = result.path(i);
        switch (steps.get(i)) {
          case Step.Append(String key, long value) ->
              operations.add(new History.Append(key, value));
          case Step.Read(String key) -> operations.add(new History.Read(key, list(seen)));
          case Step.ReadRange(_, List<String> keys) ->
              keys.forEach(key -> operations.add(new History.Read(key, list(seen.path(key)))));
        }
      }
      ended(Outcome.COMMITTED, operations);
    }

    void committedAt(long timestamp) {
      for (Step step : steps) {
        if (step instanceof Step.Append(String key, long value)) {
          committed.add(new Committed(key, value, timestamp));
        }
      }
    }

    void threw() {
      ended(Outcome.FAILED, writes());
    }

    /** The answer was lost. */
    void vanished() {
      ended(Outcome.UNKNOWN, writes());
    }

    private List<Operation> writes() {
      List<Operation> operations = new ArrayList<>();
      for (Step step : steps) {
        if (step instanceof Step.Append(String key, long value)) {
          operations.add(new History.Append(key, value));
        }
      }
      return operations;
    }

    private void ended(Outcome outcome, List<Operation> operations) {
      history.add(new History.Transaction(name, outcome, invokedAt, System.nanoTime(), operations));
    }
  }

  Begun begin(String client, Random random) {
    long number = begun.getAndIncrement();
    List<Step> steps = new ArrayList<>();
    for (int i = 1 + random.nextInt(4); i > 0; i--) {
      String key = key(random.nextInt(KEYS.size()));
      switch (random.nextInt(5)) {
        case 0, 1 -> steps.add(new Step.Append(key, values.incrementAndGet()));
        case 2, 3 -> steps.add(new Step.Read(key));
        default -> {
          Range range = range(random);
          steps.add(new Step.ReadRange(range, keysIn(range)));
        }
      }
    }
    boolean fails = random.nextInt(TRANSACTIONS_PER_FAILURE) == 0;
    return new Begun(client + ", transaction " + number, steps, fails);
  }

  /** A query of a range, which is a transaction that only reads. */
  final class Asked {
    private final Begun begun;
    private final Range range;

    private Asked(String client, Range range) {
      this.range = range;
      begun =
          new Begun(client + ", a query", List.of(new Step.ReadRange(range, keysIn(range))), false);
    }

    /** The arguments of {@code lists:between}. */
    ObjectNode args() {
      return range.json();
    }

    void returned(JsonNode lists) {
      begun.returned(WireApi.MAPPER.createArrayNode().add(lists));
    }
  }

  Asked ask(String client, Random random) {
    return new Asked(client, range(random));
  }

  private static List<String> keysIn(Range range) {
    String epoch = range.from().substring(0, EPOCH_DIGITS);
    return KEYS.stream().map(key -> epoch + key).filter(range::contains).toList();
  }

  /** Some of the keys that are written now. */
  Range range(Random random) {
    int one = random.nextInt(KEYS.size());
    int other = random.nextInt(KEYS.size());
    long epoch = epoch();
    return new Range(key(epoch, Math.min(one, other)), key(epoch, Math.max(one, other)));
  }

  private long epoch() {
    return begun.get() / TRANSACTIONS_PER_EPOCH;
  }

  private String key(int index) {
    return key(epoch(), index);
  }

  private static String key(long epoch, int index) {
    return ("%0" + EPOCH_DIGITS + "d").formatted(epoch) + KEYS.get(index);
  }

  private static List<Long> list(JsonNode json) {
    List<Long> list = new ArrayList<>();
    json.forEach(value -> list.add(value.longValue()));
    return list;
  }

  /** Lists by key, as {@code lists:between} returns them. */
  static Map<String, List<Long>> lists(JsonNode json) {
    Map<String, List<Long>> lists = new TreeMap<>();
    json.properties().forEach(entry -> lists.put(entry.getKey(), list(entry.getValue())));
    return lists;
  }

  History history() {
    return new History(List.copyOf(history));
  }

  Collection<Committed> committed() {
    return committed;
  }
}
