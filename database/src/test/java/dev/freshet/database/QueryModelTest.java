package dev.freshet.database;

import static dev.freshet.database.Databases.begin;
import static dev.freshet.database.Databases.commit;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.database.QuerySpec.Operator;
import dev.freshet.database.RangeBound.Comparison;
import dev.freshet.values.DocumentId;
import dev.freshet.values.FieldPath;
import dev.freshet.values.Value;
import dev.freshet.values.Value.ObjectValue;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Queries give what filtering and sorting a map of the documents gives. */
class QueryModelTest {
  private static final String SCHEMA =
      "{\"tables\":[{\"tableName\":\"t\",\"indexes\":["
          + "{\"indexDescriptor\":\"by_a\",\"fields\":[\"a\"]},"
          + "{\"indexDescriptor\":\"by_a_b\",\"fields\":[\"a\",\"b.c\"]}],"
          + "\"documentType\":null}],\"schemaValidation\":false}";
  private static final Map<String, List<String>> INDEXES =
      Map.of(
          "by_id", List.of("_id"),
          "by_creation_time", List.of("_creationTime", "_id"),
          "by_a", List.of("a", "_creationTime", "_id"),
          "by_a_b", List.of("a", "b.c", "_creationTime", "_id"));

  private final Database database = Databases.inMemory();
  private final Map<DocumentId, ObjectValue> model = new HashMap<>();

  @AfterEach
  void close() {
    database.close();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void queriesAgreeWithTheModel(long seed) {
    Random random = new Random(seed);
    Databases.push(database, SCHEMA);
    for (int round = 0; round < 12; round++) {
      Transaction transaction = begin(database);
      for (int i = random.nextInt(60); i > 0; i--) {
        write(transaction, random);
      }
      for (int i = 0; i < 25; i++) {
        checkQuery(transaction, random, seed);
      }
      commit(database, transaction);
      assertThat(begin(database).count("t")).isEqualTo(model.size());
      checkQuery(begin(database), random, seed);
    }
  }

  private void write(Transaction transaction, Random random) {
    List<DocumentId> ids = model.keySet().stream().sorted().toList();
    int action = random.nextInt(10);
    if (ids.isEmpty() || action < 5) {
      Document document = transaction.insert("t", randomDocument(random));
      model.put(document.id(), document.value());
      return;
    }
    DocumentId id = ids.get(random.nextInt(ids.size()));
    switch (action) {
      case 5, 6 -> model.put(id, transaction.replace(id, randomDocument(random)).value());
      case 7 -> model.put(id, transaction.patch(id, Patch.of(randomDocument(random))).value());
      case 8 -> {
        transaction.delete(id);
        model.remove(id);
      }
      default -> {
        Subtransaction nested = transaction.begin(Scope.USER, TransactionBudget.NONE);
        transaction.insert("t", randomDocument(random));
        transaction.delete(id);
        nested.rollback();
      }
    }
  }

  private static ObjectValue randomDocument(Random random) {
    TreeMap<String, Value> fields = new TreeMap<>();
    Value a = randomValue(random);
    Value c = randomValue(random);
    if (a != null) {
      fields.put("a", a);
    }
    if (c != null) {
      fields.put("b", random.nextInt(8) == 0 ? c : ObjectValue.of(Map.of("c", c)));
    }
    return ObjectValue.of(fields);
  }

  private static @Nullable Value randomValue(Random random) {
    return switch (random.nextInt(9)) {
      case 0 -> null;
      case 1 -> Value.NullValue.NULL;
      case 2 -> Value.of((long) random.nextInt(3));
      case 3 -> Value.of((double) random.nextInt(3));
      case 4 -> Value.of(random.nextBoolean());
      case 5 -> Value.of("s" + random.nextInt(3));
      case 6 -> new Value.BytesValue(new byte[] {(byte) random.nextInt(3)});
      case 7 -> new Value.ArrayValue(List.of(Value.of((double) random.nextInt(2))));
      default -> Value.of(Double.NaN);
    };
  }

  private void checkQuery(Transaction transaction, Random random, long seed) {
    List<String> names = INDEXES.keySet().stream().sorted().toList();
    String index = names.get(random.nextInt(names.size()));
    Order order = random.nextBoolean() ? Order.ASC : Order.DESC;
    List<RangeBound> range = randomRange(index, random);
    QuerySpec spec = QuerySpec.indexRange("t", index, order, range);
    List<ObjectValue> expected = expected(index, order, range);
    Value floor = Value.of(1.0);
    boolean filtered = random.nextInt(3) == 0;
    if (filtered) {
      spec =
          spec.with(
              new Operator.Filter(
                  new Expression.Comparison(
                      Expression.ComparisonOperator.LTE,
                      new Expression.Literal(floor),
                      new Expression.Field("a"))));
      expected =
          expected.stream().filter(d -> compare(FieldPath.parse("a").get(d), floor) >= 0).toList();
    }
    if (random.nextInt(3) == 0) {
      int limit = random.nextInt(6);
      spec = spec.with(new Operator.Limit(limit));
      expected = expected.subList(0, Math.min(limit, expected.size()));
    }
    String what = "seed " + seed + ", query " + spec;
    assertThat(values(Databases.collect(transaction.query(spec)))).as(what).isEqualTo(expected);
    if (spec.operators().stream().noneMatch(o -> o instanceof Operator.Limit)) {
      checkPages(transaction, spec, expected, 1 + random.nextInt(7), what);
    }
  }

  private static void checkPages(
      Transaction transaction, QuerySpec spec, List<ObjectValue> expected, int size, String what) {
    List<ObjectValue> seen = new ArrayList<>();
    CursorPosition cursor = null;
    while (true) {
      Page page = transaction.paginate(spec, new PageRequest(cursor, null, size, null, null));
      assertThat(page.documents()).as(what).hasSizeLessThanOrEqualTo(size);
      Page again =
          transaction.paginate(spec, new PageRequest(cursor, page.continueCursor(), 1, null, null));
      assertThat(values(again.documents())).as(what).isEqualTo(values(page.documents()));
      assertThat(again.continueCursor()).as(what).isEqualTo(page.continueCursor());
      seen.addAll(values(page.documents()));
      cursor = page.continueCursor();
      if (page.isDone()) {
        break;
      }
    }
    assertThat(seen).as(what).isEqualTo(expected);
  }

  private static List<ObjectValue> values(List<Document> documents) {
    return documents.stream().map(Document::value).toList();
  }

  private List<RangeBound> randomRange(String index, Random random) {
    List<String> fields = INDEXES.get(index);
    List<RangeBound> range = new ArrayList<>();
    int equal = random.nextInt(fields == null ? 1 : fields.size() + 1);
    for (int i = 0; i < equal && fields != null; i++) {
      range.add(RangeBound.eq(fields.get(i), boundValue(fields.get(i), random)));
    }
    if (fields != null && equal < fields.size()) {
      String field = fields.get(equal);
      if (random.nextBoolean()) {
        range.add(
            new RangeBound(
                random.nextBoolean() ? Comparison.GT : Comparison.GTE,
                field,
                boundValue(field, random)));
      }
      if (random.nextBoolean()) {
        range.add(
            new RangeBound(
                random.nextBoolean() ? Comparison.LT : Comparison.LTE,
                field,
                boundValue(field, random)));
      }
    }
    java.util.Collections.shuffle(range, random);
    return range;
  }

  private @Nullable Value boundValue(String field, Random random) {
    List<ObjectValue> documents = model.values().stream().sorted().toList();
    if (field.startsWith("_") && !documents.isEmpty() && random.nextInt(5) > 0) {
      return documents.get(random.nextInt(documents.size())).get(field);
    }
    return randomValue(random);
  }

  private List<ObjectValue> expected(String index, Order order, List<RangeBound> range) {
    List<FieldPath> paths = new ArrayList<>();
    for (String field : INDEXES.getOrDefault(index, List.of())) {
      paths.add(FieldPath.parse(field));
    }
    Comparator<ObjectValue> byKey =
        (left, right) -> {
          for (FieldPath path : paths) {
            int result = compare(path.get(left), path.get(right));
            if (result != 0) {
              return result;
            }
          }
          return 0;
        };
    Predicate<ObjectValue> inRange =
        document -> range.stream().allMatch(bound -> satisfies(document, bound));
    return model.values().stream()
        .filter(inRange)
        .sorted(order == Order.ASC ? byKey : byKey.reversed())
        .toList();
  }

  private static boolean satisfies(ObjectValue document, RangeBound bound) {
    int order = compare(FieldPath.parse(bound.fieldPath()).get(document), bound.value());
    return switch (bound.comparison()) {
      case EQ -> order == 0;
      case GT -> order > 0;
      case GTE -> order >= 0;
      case LT -> order < 0;
      case LTE -> order <= 0;
    };
  }

  private static int compare(@Nullable Value left, @Nullable Value right) {
    if (left == null || right == null) {
      return Boolean.compare(left != null, right != null);
    }
    return left.compareTo(right);
  }
}
