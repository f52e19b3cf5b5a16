package dev.freshet.database;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.database.Expression.ComparisonOperator;
import dev.freshet.database.QuerySpec.Operator;
import dev.freshet.database.RangeBound.Comparison;
import dev.freshet.testkit.History;
import dev.freshet.testkit.History.Operation;
import dev.freshet.values.Value;
import dev.freshet.values.Value.ArrayValue;
import dev.freshet.values.Value.Int64Value;
import dev.freshet.values.Value.ObjectValue;
import dev.freshet.values.Value.StringValue;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The steps of one transaction over the lists of an epoch. A list with a "d" in its key is one
 * document, which also says how long it is; the others are one document a value, so that reading
 * them is reading a range. Ranges are read in both orders, whole, in pages, or through filters.
 */
record ListSteps(Transaction transaction, Random random, long epoch, AtomicLong values) {
  static final String SCHEMA =
      """
      {"tables":[
        {"tableName":"lists","documentType":null,"indexes":[
          {"indexDescriptor":"by_key","fields":["key"]},
          {"indexDescriptor":"by_length","fields":["epoch","length"]}]},
        {"tableName":"items","documentType":null,"indexes":[
          {"indexDescriptor":"by_key","fields":["key","position"]}]}],
       "schemaValidation":true}\
      """;

  private static final List<String> KEYS = List.of("d0", "d1", "d2", "r0", "r1", "r2");
  private static final int DOCUMENTS = 3;
  private static final int LONGEST_PREDICATE = 12;

  /** Takes a step and notes what it saw. */
  void step(List<Operation> operations) {
    String key = key(random.nextInt(KEYS.size()));
    switch (random.nextInt(10)) {
      case 0, 1, 2, 3 -> operations.add(append(key));
      case 4, 5 -> operations.add(new History.Read(key, read(key)));
      case 6, 7 -> readRange(random.nextInt(KEYS.size()), random.nextInt(KEYS.size()), operations);
      case 8 -> readLonger(operations);
      default -> readFiltered(operations);
    }
  }

  void readAll(List<Operation> operations) {
    readRange(0, KEYS.size() - 1, operations);
  }

  private String key(int number) {
    return "%04d".formatted(epoch) + KEYS.get(number);
  }

  private Stream<String> documentKeys() {
    return KEYS.subList(0, DOCUMENTS).stream().map(key -> "%04d".formatted(epoch) + key);
  }

  private Operation append(String key) {
    long value = values.incrementAndGet();
    if (key.contains("r")) {
      Document last = transaction.query(items(Order.DESC, RangeBound.eq("key", of(key)))).next();
      long position = last == null ? 0 : number(last, "position") + 1;
      transaction.insert(
          "items", Databases.object("key", key, "position", position, "value", value));
      return new History.Append(key, value);
    }
    Document document = transaction.query(lists(Order.ASC, RangeBound.eq("key", of(key)))).next();
    List<Long> longer = new ArrayList<>(document == null ? List.of() : list(document));
    longer.add(value);
    ObjectValue now = listDocument(key, longer);
    if (document == null) {
      transaction.insert("lists", now);
    } else if (random.nextInt(8) == 0) {
      transaction.delete(document.id());
      transaction.insert("lists", now);
    } else if (random.nextBoolean()) {
      transaction.replace(document.id(), now);
    } else {
      transaction.patch(document.id(), Patch.of(now));
    }
    return new History.Append(key, value);
  }

  private ObjectValue listDocument(String key, List<Long> list) {
    return Databases.object(
        "key",
        key,
        "epoch",
        epoch,
        "length",
        (long) list.size(),
        "values",
        new ArrayValue(list.stream().<Value>map(Value::of).toList()));
  }

  private List<Long> read(String key) {
    Order order = order();
    RangeBound bound = RangeBound.eq("key", of(key));
    if (key.contains("d")) {
      List<Document> found = rows(lists(order, bound));
      assertThat(found).hasSizeLessThan(2);
      return found.isEmpty() ? List.of() : list(found.getFirst());
    }
    List<Long> list = new ArrayList<>();
    inOrder(rows(items(order, bound)), order).forEach(item -> list.add(number(item, "value")));
    return list;
  }

  private void readRange(int one, int other, List<Operation> operations) {
    int first = Math.min(one, other);
    int last = Math.max(one, other);
    RangeBound[] range = {
      new RangeBound(Comparison.GTE, "key", of(key(first))),
      new RangeBound(Comparison.LTE, "key", of(key(last)))
    };
    Order order = order();
    Map<String, List<Long>> found = new HashMap<>();
    for (Document document : rows(lists(order, range))) {
      assertThat(found.put(text(document), list(document))).as("a second one").isNull();
    }
    for (Document item : inOrder(rows(items(order, range)), order)) {
      found.computeIfAbsent(text(item), _ -> new ArrayList<>()).add(number(item, "value"));
    }
    for (int i = first; i <= last; i++) {
      operations.add(new History.Read(key(i), found.getOrDefault(key(i), List.of())));
    }
  }

  /** All that are longer than something: a range of the index by length. */
  private void readLonger(List<Operation> operations) {
    int length = random.nextInt(LONGEST_PREDICATE);
    QuerySpec spec =
        QuerySpec.indexRange(
            "lists",
            "by_length",
            order(),
            List.of(
                RangeBound.eq("epoch", Value.of(epoch)),
                new RangeBound(Comparison.GT, "length", Value.of((long) length))));
    noteLonger(rows(spec), length, documentKeys().toList(), operations);
  }

  /** The first of those that are longer than something, in the order of their keys. */
  private void readFiltered(List<Operation> operations) {
    int length = random.nextInt(LONGEST_PREDICATE);
    int limit = 1 + random.nextInt(DOCUMENTS);
    Order order = order();
    QuerySpec spec =
        lists(
                order,
                new RangeBound(Comparison.GTE, "key", of(key(0))),
                new RangeBound(Comparison.LT, "key", of(key(DOCUMENTS))))
            .with(
                new Operator.Filter(
                    new Expression.Comparison(
                        ComparisonOperator.GT,
                        new Expression.Field("length"),
                        new Expression.Literal(Value.of((long) length)))))
            .with(new Operator.Limit(limit));
    List<Document> found = Databases.collect(transaction.query(spec));
    List<String> passed = new ArrayList<>(documentKeys().toList());
    if (order == Order.DESC) {
      Collections.reverse(passed);
    }
    if (found.size() == limit) { // what comes after the last one wasn't looked at
      passed = passed.subList(0, passed.indexOf(text(found.getLast())) + 1);
    }
    noteLonger(found, length, passed, operations);
  }

  private static void noteLonger(
      List<Document> found, int length, List<String> among, List<Operation> operations) {
    Map<String, Document> byKey = new HashMap<>();
    for (Document document : found) {
      assertThat(byKey.put(text(document), document)).as("a second one").isNull();
      assertThat(number(document, "length")).isEqualTo(list(document).size());
      assertThat(list(document)).hasSizeGreaterThan(length);
    }
    for (String key : among) {
      Document document = byKey.get(key);
      operations.add(
          document != null
              ? new History.Read(key, list(document))
              : new History.Missed(key, "length > " + length, list -> list.size() > length));
    }
  }

  /** All rows of a query, at once or page by page. */
  private List<Document> rows(QuerySpec spec) {
    return random.nextBoolean()
        ? Databases.collect(transaction.query(spec))
        : pages(transaction, spec, 1 + random.nextInt(4));
  }

  static List<Document> pages(Transaction transaction, QuerySpec spec, int size) {
    List<Document> rows = new ArrayList<>();
    CursorPosition cursor = null;
    Page page;
    do {
      page = transaction.paginate(spec, new PageRequest(cursor, null, size, null, null));
      rows.addAll(page.documents());
      cursor = page.continueCursor();
    } while (!page.isDone());
    return rows;
  }

  private static QuerySpec lists(Order order, RangeBound... range) {
    return QuerySpec.indexRange("lists", "by_key", order, List.of(range));
  }

  private static QuerySpec items(Order order, RangeBound... range) {
    return QuerySpec.indexRange("items", "by_key", order, List.of(range));
  }

  private Order order() {
    return random.nextBoolean() ? Order.ASC : Order.DESC;
  }

  private static List<Document> inOrder(List<Document> rows, Order order) {
    return order == Order.ASC ? rows : rows.reversed();
  }

  private static Value of(String text) {
    return Value.of(text);
  }

  private static String text(Document document) {
    return ((StringValue) present(document.value().get("key"))).value();
  }

  private static long number(Document document, String field) {
    return ((Int64Value) present(document.value().get(field))).value();
  }

  private static Value present(@Nullable Value value) {
    if (value == null) {
      throw new AssertionError("a field is missing");
    }
    return value;
  }

  private static List<Long> list(Document document) {
    return ((ArrayValue) present(document.value().get("values")))
        .elements().stream().map(element -> ((Int64Value) element).value()).toList();
  }
}
