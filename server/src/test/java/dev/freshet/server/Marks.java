package dev.freshet.server;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Random changes of the marks, and what each commit left, by its timestamp. Thread-safe. */
final class Marks {
  static final int NUMBERS = 12;
  static final int HUES = 3;
  private static final List<String> SHELVES = List.of("left", "middle", "right");
  private static final int MOST = 60;

  private final ConcurrentSkipListMap<Long, JsonNode> commits = new ConcurrentSkipListMap<>();
  private final List<String> ids = new CopyOnWriteArrayList<>();

  static String shelf(Random random) {
    return SHELVES.get(random.nextInt(SHELVES.size()));
  }

  /** The arguments of {@code marks:change}. */
  ObjectNode change(Random random) {
    ObjectNode args = WireApi.MAPPER.createObjectNode();
    ArrayNode steps = args.putArray("steps");
    for (int i = 1 + random.nextInt(4); i > 0; i--) {
      ObjectNode step = steps.addObject();
      int known = ids.size();
      if (known < 4 || random.nextInt(MOST) > known) {
        step.set("put", mark(random));
      } else if (random.nextInt(4) > 0) {
        step.put("move", ids.get(random.nextInt(known))).set("to", mark(random));
      } else {
        step.put("remove", ids.get(random.nextInt(known)));
      }
    }
    return args;
  }

  private static ObjectNode mark(Random random) {
    return WireApi.MAPPER
        .createObjectNode()
        .put("shelf", shelf(random))
        .put("n", (double) random.nextInt(NUMBERS))
        .put("hue", (double) random.nextInt(HUES));
  }

  void committed(long timestamp, JsonNode left) {
    commits.merge(timestamp, left, (_, _) -> left);
    for (JsonNode one : left) {
      String id = one.path("id").stringValue();
      if (one.path("now").isNull()) {
        ids.remove(id);
      } else if (!ids.contains(id)) {
        ids.add(id);
      }
    }
  }

  int count() {
    return commits.size();
  }

  /** Goes through the states in the order of time. */
  final class Replay {
    private final Map<String, JsonNode> documents = new HashMap<>();
    private final TreeMap<Long, JsonNode> left = new TreeMap<>(commits);

    /** All documents at a timestamp, which is not before the last one asked for. */
    Collection<JsonNode> at(long timestamp) {
      while (!left.isEmpty() && left.firstKey() <= timestamp) {
        for (JsonNode one : left.pollFirstEntry().getValue()) {
          if (one.path("now").isNull()) {
            documents.remove(one.path("id").stringValue());
          } else {
            documents.put(one.path("id").stringValue(), one.path("now"));
          }
        }
      }
      return documents.values();
    }
  }
}
