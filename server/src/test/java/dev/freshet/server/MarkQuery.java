package dev.freshet.server;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** A query over the marks, and what a model says to it. */
sealed interface MarkQuery extends LiveWatcher.Watched {
  /** What it returns where these are all documents. */
  JsonNode expected(Collection<JsonNode> documents, long timestamp);

  /** What of a shown value the model can tell. */
  default JsonNode told(JsonNode value) {
    return value;
  }

  /**
   * Rows of an index in one of both orders.
   *
   * @param hue only those of at least this; null: all
   */
  record Shape(
      String index, String shelf, int from, int to, boolean descending, @Nullable Integer hue) {
    private static final List<String> INDEXES = List.of("by_shelf", "by_n", "by_creation_time");

    static Shape random(Random random) {
      int one = random.nextInt(Marks.NUMBERS);
      int other = random.nextInt(Marks.NUMBERS);
      return new Shape(
          INDEXES.get(random.nextInt(INDEXES.size())),
          Marks.shelf(random),
          Math.min(one, other),
          Math.max(one, other),
          random.nextBoolean(),
          random.nextInt(3) == 0 ? (Integer) random.nextInt(Marks.HUES) : null);
    }

    ObjectNode json() {
      ObjectNode json = WireApi.MAPPER.createObjectNode();
      json.put("index", index).put("shelf", shelf).put("from", (double) from);
      json.put("to", (double) to).put("order", descending ? "desc" : "asc");
      return hue == null ? json : json.put("hue", (double) hue);
    }

    /** The rows among all documents, in order. */
    List<JsonNode> rows(Collection<JsonNode> documents) {
      return documents.stream().filter(this::contains).sorted(order()).toList();
    }

    private boolean contains(JsonNode document) {
      double n = document.path("n").doubleValue();
      boolean inRange =
          switch (index) {
            case "by_shelf" ->
                document.path("shelf").stringValue().equals(shelf) && n >= from && n < to;
            case "by_n" -> n > from && n <= to;
            default -> true;
          };
      return inRange && (hue == null || document.path("hue").doubleValue() >= hue);
    }

    /** By the index's key; documents of one shelf only are compared where it begins with that. */
    Comparator<JsonNode> order() {
      Comparator<JsonNode> byAge =
          Comparator.<JsonNode>comparingDouble(d -> d.path("_creationTime").doubleValue())
              .thenComparing(d -> d.path("_id").stringValue());
      Comparator<JsonNode> byKey =
          index.equals("by_creation_time")
              ? byAge
              : Comparator.<JsonNode>comparingDouble(d -> d.path("n").doubleValue())
                  .thenComparing(byAge);
      return descending ? byKey.reversed() : byKey;
    }
  }

  /**
   * All rows, or the first of them.
   *
   * @param take how many; null: all
   */
  record Listed(Shape shape, @Nullable Integer take) implements MarkQuery {
    @Override
    public String path() {
      return "marks:list";
    }

    @Override
    public ObjectNode args() {
      ObjectNode args = WireApi.MAPPER.createObjectNode();
      args.set("shape", shape.json());
      return take == null ? args : args.put("take", (double) take);
    }

    @Override
    public JsonNode expected(Collection<JsonNode> documents, long timestamp) {
      List<JsonNode> rows = shape.rows(documents);
      return WireApi.MAPPER.valueToTree(
          take == null || rows.size() <= take ? rows : rows.subList(0, take));
    }
  }

  /**
   * A page on one client. Where it ends is decided when it is shown for the first time; from then
   * on it has all that comes to lie between its ends. Thread-safe.
   */
  final class Paged implements MarkQuery {
    private final Shape shape;
    private final @Nullable String cursor;
    private final @Nullable String endCursor;
    private final int size;

    /** It starts behind where this was then; null: at the beginning. */
    private final @Nullable JsonNode after;

    /** It ends with where this was then; null: at the end of everything, once it was shown. */
    private @Nullable JsonNode last;

    private @Nullable String continueCursor;
    private long firstShown = Long.MAX_VALUE;

    private Paged(
        Shape shape,
        @Nullable String cursor,
        @Nullable JsonNode after,
        @Nullable String endCursor,
        @Nullable JsonNode last,
        int size) {
      this.shape = shape;
      this.cursor = cursor;
      this.after = after;
      this.endCursor = endCursor;
      this.last = last;
      this.size = size;
    }

    static Paged first(Shape shape, int size) {
      return new Paged(shape, null, null, null, null, size);
    }

    /** The page that follows; null if none does. */
    synchronized @Nullable Paged next(int wanted) {
      return last == null ? null : new Paged(shape, continueCursor, last, null, null, wanted);
    }

    /** The two halves of what it shows, as a client splits it; none if that is too short. */
    synchronized List<Paged> halves(JsonNode value) {
      String split = value.path("splitCursor").stringValue(null);
      if (split == null || shape.hue() != null) {
        return List.of(); // the cursor may be that of a row which the filter hides
      }
      JsonNode page = value.path("page");
      JsonNode middle = page.get(page.size() / 2);
      return List.of(
          new Paged(shape, cursor, after, split, middle, 1),
          new Paged(shape, split, middle, continueCursor, last, 1));
    }

    @Override
    public String path() {
      return "marks:page";
    }

    @Override
    public ObjectNode args() {
      ObjectNode args = WireApi.MAPPER.createObjectNode();
      args.set("shape", shape.json());
      ObjectNode options = args.putObject("paginationOpts");
      options.put("cursor", cursor).put("numItems", (double) size);
      if (endCursor != null) {
        options.put("endCursor", endCursor);
      }
      return args;
    }

    @Override
    public synchronized void shown(long timestamp, JsonNode value) {
      if (firstShown == Long.MAX_VALUE) {
        firstShown = timestamp;
        continueCursor = value.path("continueCursor").stringValue();
        if (endCursor == null && !value.path("isDone").booleanValue()) {
          JsonNode page = value.path("page");
          last = page.get(page.size() - 1);
        }
      }
    }

    @Override
    public synchronized JsonNode expected(Collection<JsonNode> documents, long timestamp) {
      Comparator<JsonNode> order = shape.order();
      List<JsonNode> rows =
          shape.rows(documents).stream()
              .filter(row -> after == null || order.compare(row, after) > 0)
              .toList();
      List<JsonNode> page =
          rows.stream().filter(row -> last == null || order.compare(row, last) <= 0).toList();
      boolean done = last == null;
      if (timestamp == firstShown && endCursor == null) {
        page = rows.subList(0, Math.min(size, rows.size()));
        done = rows.size() < size;
      }
      return told(WireApi.MAPPER.valueToTree(page), done, String.valueOf(continueCursor));
    }

    @Override
    public JsonNode told(JsonNode value) {
      return told(
          value.path("page"),
          value.path("isDone").booleanValue(),
          value.path("continueCursor").stringValue());
    }

    private static JsonNode told(JsonNode page, boolean done, String continueCursor) {
      ObjectNode told = WireApi.MAPPER.createObjectNode();
      told.set("page", page);
      return told.put("isDone", done).put("continueCursor", continueCursor);
    }
  }
}
