package dev.freshet.database;

import static dev.freshet.database.Databases.begin;
import static dev.freshet.database.Databases.commit;
import static dev.freshet.database.Databases.object;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.database.QuerySpec.Operator;
import dev.freshet.values.DocumentId;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import dev.freshet.values.Value;
import dev.freshet.values.Value.ObjectValue;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Looking ahead of a query changes neither what it gives nor what counts as read. */
class QueryStreamTest {
  private static final String SCHEMA =
      "{\"tables\":[{\"tableName\":\"t\",\"indexes\":["
          + "{\"indexDescriptor\":\"by_a\",\"fields\":[\"a\"]}],"
          + "\"documentType\":null}],\"schemaValidation\":false}";

  private @Nullable Database database;

  @AfterEach
  void close() {
    if (database != null) {
      database.close();
    }
  }

  private Database open(int documents) {
    Database opened = Databases.inMemory();
    database = opened;
    Databases.push(opened, SCHEMA);
    Transaction transaction = begin(opened);
    for (int i = 0; i < documents; i++) {
      transaction.insert("t", number(i % 10));
    }
    commit(opened, transaction);
    return opened;
  }

  private static ObjectValue number(int a) {
    return object("a", a);
  }

  /** A consumer that uses what it is shown and looks again when it has used it up. */
  private static final class Reader {
    private final QueryStream stream;
    private final @Nullable Random random;
    private Iterator<Document> shown = List.<Document>of().iterator();
    private boolean endShown;
    private int used;

    Reader(QueryStream stream, @Nullable Random random) {
      this.stream = stream;
      this.random = random;
    }

    @Nullable Document next() {
      if (random == null) {
        return stream.next();
      }
      if (shown.hasNext()) {
        used++;
        return shown.next();
      }
      if (endShown) {
        endShown = false;
        used++;
        settle(false);
        return null;
      }
      settle(false);
      Document first = stream.next();
      if (first != null && random.nextInt(4) > 0) {
        QueryStream.Ahead ahead = stream.ahead(1 + random.nextInt(8), 1L << random.nextInt(12));
        shown = ahead.documents().iterator();
        endShown = ahead.ends();
      }
      return first;
    }

    /** Tells what was used, and before a write that the rest won't be. */
    void settle(boolean beforeWrite) {
      stream.take(used);
      used = 0;
      if (beforeWrite) {
        stream.rewind();
        shown = List.<Document>of().iterator();
        endShown = false;
      }
    }
  }

  private static QuerySpec randomQuery(Random random) {
    Order order = random.nextBoolean() ? Order.ASC : Order.DESC;
    QuerySpec spec =
        switch (random.nextInt(3)) {
          case 0 -> QuerySpec.fullScan("t", order);
          case 1 -> QuerySpec.indexRange("t", "by_a", order, List.of());
          default ->
              QuerySpec.indexRange(
                  "t",
                  "by_a",
                  order,
                  List.of(RangeBound.eq("a", Value.of((double) random.nextInt(11)))));
        };
    if (random.nextBoolean()) {
      spec =
          spec.with(
              new Operator.Filter(
                  new Expression.Comparison(
                      Expression.ComparisonOperator.LTE,
                      new Expression.Field("a"),
                      new Expression.Literal(Value.of((double) random.nextInt(10))))));
    }
    return random.nextBoolean() ? spec.with(new Operator.Limit(random.nextInt(20))) : spec;
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
  void whatIsReadAheadIsWhatWouldHaveBeenRead(long seed) {
    Database database = open(100);
    Random random = new Random(seed);
    for (int round = 0; round < 20; round++) {
      Transaction plain = begin(database);
      Transaction looking = begin(database);
      List<Reader> plainReaders = new ArrayList<>();
      List<Reader> lookingReaders = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        QuerySpec spec = randomQuery(random);
        plainReaders.add(new Reader(plain.query(spec), null));
        lookingReaders.add(new Reader(looking.query(spec), random));
      }
      List<DocumentId> ids =
          Databases.all(begin(database), "t").stream().map(Document::id).toList();
      for (int step = 0; step < 120; step++) {
        if (random.nextInt(10) == 0) {
          lookingReaders.forEach(reader -> reader.settle(true));
          DocumentId id = ids.get(random.nextInt(ids.size()));
          Patch patch = Patch.of(number(random.nextInt(10)));
          plain.patch(id, patch);
          looking.patch(id, patch);
        } else {
          int which = random.nextInt(plainReaders.size());
          Document expected = plainReaders.get(which).next();
          Document actual = lookingReaders.get(which).next();
          assertThat(actual == null ? null : actual.json())
              .as("seed %d, round %d, step %d", seed, round, step)
              .isEqualTo(expected == null ? null : expected.json());
        }
      }
      lookingReaders.forEach(reader -> reader.settle(random.nextBoolean()));
      assertThat(looking.usage()).as("seed %d, round %d", seed, round).isEqualTo(plain.usage());
      assertThat(reads(looking)).as("seed %d, round %d", seed, round).isEqualTo(reads(plain));
    }
  }

  private static List<String> reads(Transaction transaction) {
    List<String> reads = new ArrayList<>();
    transaction
        .readSet()
        .indexes()
        .forEach(
            (index, intervals) -> {
              for (int i = 0; i < intervals.count(); i++) {
                reads.add(
                    index
                        + ": "
                        + java.util.Arrays.toString(intervals.start(i))
                        + java.util.Arrays.toString(intervals.end(i)));
              }
            });
    reads.sort(null);
    return reads;
  }

  @Test
  void nothingIsShownThatWouldComeNearTheLimits() {
    Limits limits = Limits.of(Map.of(Limit.TRANSACTION_MAX_READ_SIZE_ROWS, 40L));
    Database database = Databases.open(new dev.freshet.testkit.InMemoryPersistence(), limits);
    this.database = database;
    Transaction writer = begin(database);
    for (int i = 0; i < 100; i++) {
      writer.insert("t", number(i));
    }
    commit(database, writer);
    Transaction transaction = begin(database);
    QueryStream first = transaction.query(QuerySpec.fullScan("t", Order.ASC));
    QueryStream second = transaction.query(QuerySpec.fullScan("t", Order.DESC));
    assertThat(first.ahead(100, 1 << 20).documents()).hasSize(30);
    assertThat(second.ahead(100, 1 << 20).documents()).isEmpty();
    first.take(20);
    first.rewind();
    assertThat(second.ahead(100, 1 << 20).documents()).hasSize(10);
    second.rewind();
    assertThatThrownBy(() -> Databases.collect(first))
        .isInstanceOfSatisfying(
            FreshetException.class, e -> assertThat(e.code()).isEqualTo("TooManyDocumentsRead"));
  }

  @Test
  void aFilterThatFailsFailsWhenItsRowIsAskedFor() {
    Database database = open(5);
    QuerySpec spec =
        QuerySpec.indexRange("t", "by_a", Order.ASC, List.of())
            .with(new Operator.Filter(new Expression.Field("a")));
    QueryStream stream = begin(database).query(spec);
    assertThat(stream.ahead(10, 1 << 20)).isEqualTo(new QueryStream.Ahead(List.of(), false));
    assertThatThrownBy(stream::next)
        .isInstanceOfSatisfying(
            FreshetException.class, e -> assertThat(e.code()).isEqualTo("EvalError"));
  }
}
