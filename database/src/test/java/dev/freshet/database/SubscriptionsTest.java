package dev.freshet.database;

import static dev.freshet.database.Databases.all;
import static dev.freshet.database.Databases.begin;
import static dev.freshet.database.Databases.commit;
import static dev.freshet.database.Databases.insert;
import static dev.freshet.database.Databases.object;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.freshet.values.DocumentId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SubscriptionsTest {
  private final Database database = Databases.inMemory();
  private final List<Invalidation> told = new CopyOnWriteArrayList<>();

  @AfterEach
  void close() {
    database.close();
  }

  private Subscription watch(Transaction transaction) {
    return database.subscribe(transaction.readSet(), transaction.beginTimestamp(), told::add);
  }

  @Test
  void aWriteToWhatWasReadIsToldOnce() {
    DocumentId id = insert(database, "notes", object("n", 1));
    Transaction reader = begin(database);
    reader.get(id);
    Subscription subscription = watch(reader);
    assertThat(subscription.validAt(database.latestTimestamp())).isTrue();

    insert(database, "notes", object("n", 2));
    long untouched = database.latestTimestamp();
    assertThat(subscription.validAt(untouched)).isTrue();
    await().untilAsserted(() -> assertThat(subscription.validThrough()).isEqualTo(untouched));
    assertThat(told).isEmpty();

    Transaction writer = begin(database);
    writer.patch(id, Patch.of(object("n", 3)));
    long touched = commit(database, writer);
    await().until(() -> told.size() == 1);
    assertThat(told).containsExactly(new Invalidation(touched, Databases.TEST));
    assertThat(subscription.validAt(touched)).isFalse();
    assertThat(subscription.validAt(touched - 1)).isTrue();
    assertThat(database.subscriptionCount()).isZero();
  }

  @Test
  void insertsIntoARangeAreTold() {
    insert(database, "notes", object("n", 1));
    Transaction reader = begin(database);
    all(reader, "notes");
    watch(reader);
    insert(database, "other", object());
    insert(database, "notes", object("n", 2));
    await().until(() -> told.size() == 1);
  }

  @Test
  void anOldReadSetIsToldAtOnce() {
    DocumentId id = insert(database, "notes", object("n", 1));
    Transaction reader = begin(database);
    reader.get(id);
    Transaction writer = begin(database);
    writer.delete(id);
    long deleted = commit(database, writer);
    Subscription subscription = watch(reader);
    await().until(() -> told.size() == 1);
    assertThat(told.getFirst().timestamp()).isEqualTo(deleted);
    assertThat(subscription.validAt(deleted)).isFalse();
  }

  @Test
  void whatTheWriteLogHasForgottenIsInvalid() {
    Transaction reader = begin(database);
    all(reader, "notes");
    database.subscribe(reader.readSet(), 1, told::add);
    await().until(() -> told.size() == 1);
    assertThat(told.getFirst().source()).isEqualTo(WriteSource.UNKNOWN);
    assertThat(database.refresh(reader.readSet(), 1, database.latestTimestamp())).isFalse();
  }

  @Test
  void aCancelledSubscriptionIsForgotten() {
    Transaction reader = begin(database);
    all(reader, "notes");
    Subscription subscription = watch(reader);
    assertThat(database.subscriptionCount()).isEqualTo(1);
    subscription.cancel();
    subscription.cancel();
    assertThat(database.subscriptionCount()).isZero();
    Transaction other = begin(database);
    all(other, "notes");
    watch(other);
    insert(database, "notes", object());
    await().until(() -> told.size() == 1);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void theTreeFindsWhatASearchFinds(long seed) {
    Random random = new Random(seed);
    IntervalTree<Integer> tree = new IntervalTree<>();
    Map<Integer, KeyRange> model = new HashMap<>();
    for (int i = 0; i < 3000; i++) {
      if (random.nextInt(3) > 0 || model.isEmpty()) {
        byte[] start = key(random);
        byte[] end = random.nextInt(10) == 0 ? null : key(random);
        tree.add(start, end, i);
        model.put(i, new KeyRange(start, end));
      } else {
        List<Integer> owners = new ArrayList<>(model.keySet());
        Integer owner = owners.get(random.nextInt(owners.size()));
        KeyRange removed = model.remove(owner);
        if (removed != null) {
          tree.remove(removed.start(), owner);
        }
      }
      if (i % 10 == 0) {
        byte[] key = key(random);
        List<Integer> found = new ArrayList<>();
        tree.find(key, found::add);
        assertThat(found)
            .as("seed " + seed)
            .containsExactlyInAnyOrderElementsOf(
                model.entrySet().stream()
                    .filter(entry -> contains(entry.getValue(), key))
                    .map(Map.Entry::getKey)
                    .toList());
      }
    }
    assertThat(tree.size()).isEqualTo(model.size());
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void intervalSetsContainWhatWasAdded(long seed) {
    Random random = new Random(seed);
    IntervalSet set = new IntervalSet();
    List<KeyRange> added = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      KeyRange range =
          random.nextBoolean()
              ? KeyRange.of(key(random))
              : new KeyRange(key(random), random.nextInt(60) == 0 ? null : key(random));
      set.add(range.start(), range.end());
      added.add(range);
      for (int j = 0; j < 20; j++) {
        byte[] key = key(random);
        assertThat(set.contains(key))
            .as("seed " + seed)
            .isEqualTo(added.stream().anyMatch(one -> contains(one, key)));
      }
      for (int j = 1; j < set.count(); j++) {
        byte[] before = set.end(j - 1);
        assertThat(before != null && java.util.Arrays.compareUnsigned(before, set.start(j)) < 0)
            .isTrue();
      }
    }
  }

  private static boolean contains(KeyRange range, byte[] key) {
    byte[] end = range.end();
    return java.util.Arrays.compareUnsigned(range.start(), key) <= 0
        && (end == null || java.util.Arrays.compareUnsigned(key, end) < 0);
  }

  private static byte[] key(Random random) {
    byte[] key = new byte[1 + random.nextInt(3)];
    random.nextBytes(key);
    return key;
  }
}
