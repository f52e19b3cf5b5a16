package dev.freshet.testkit;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.values.DocumentFields;
import dev.freshet.values.DocumentId;
import dev.freshet.values.FieldPath;
import dev.freshet.values.JsonBuffer;
import dev.freshet.values.JsonFormat;
import dev.freshet.values.Nesting;
import dev.freshet.values.Sizes;
import dev.freshet.values.SortKey;
import dev.freshet.values.Value;
import dev.freshet.values.Value.ObjectValue;
import dev.freshet.values.ValueJson;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Properties that hold for all values (spec 40 §1). */
class ValuePropertiesTest {
  private static final int RUNS = 20_000;

  private final SeededRandom random = new SeededRandom(40);
  private final Generators generators = new Generators(random);

  @Test
  void sortKeysAreOrderedLikeTheirValues() {
    for (int i = 0; i < RUNS; i++) {
      Value left = generators.value();
      Value right = random.nextInt(10) == 0 ? left : generators.value(random.nextInt(3));
      int byKey = SortKey.compare(SortKey.of(left), SortKey.of(right));
      assertThat(Integer.signum(byKey))
          .as("%s: %s and %s", random, left, right)
          .isEqualTo(Integer.signum(left.compareTo(right)));
      assertThat(byKey == 0).isEqualTo(left.equals(right));
    }
  }

  @Test
  void keysOfSeveralValuesAreOrderedLikeTheLists() {
    for (int i = 0; i < RUNS; i++) {
      List<@Nullable Value> left = tuple();
      List<@Nullable Value> right = tuple();
      int expected = 0;
      for (int field = 0; field < left.size() && expected == 0; field++) {
        expected = compare(left.get(field), right.get(field));
      }
      assertThat(Integer.signum(SortKey.compare(key(left), key(right))))
          .as("%s: %s and %s", random, left, right)
          .isEqualTo(Integer.signum(expected));
    }
  }

  @Test
  void aPrefixAndItsIncrementEncloseExactlyTheKeysThatStartWithIt() {
    for (int i = 0; i < RUNS; i++) {
      byte[] prefix = SortKey.of(generators.value(1));
      byte[] end = requireNonNull(SortKey.increment(prefix));
      byte[] inside = Arrays.copyOf(prefix, prefix.length + random.nextInt(3));
      assertThat(SortKey.compare(prefix, inside)).isLessThanOrEqualTo(0);
      assertThat(SortKey.compare(inside, end)).isNegative();
      byte[] other = SortKey.of(generators.value(1));
      boolean startsWith =
          other.length >= prefix.length
              && Arrays.equals(other, 0, prefix.length, prefix, 0, prefix.length);
      assertThat(SortKey.compare(prefix, other) <= 0 && SortKey.compare(other, end) < 0)
          .isEqualTo(startsWith);
    }
  }

  @Test
  void jsonRoundTrips() {
    for (int i = 0; i < RUNS; i++) {
      Value value = i % 100 == 0 ? generators.nested(random.nextInt(65)) : generators.value();
      String json = ValueJson.write(value, JsonFormat.ENCODED);
      byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
      assertThat(ValueJson.parse(json)).as("%s: %s", random, json).isEqualTo(value);
      assertThat(ValueJson.parse(bytes)).as("%s: %s", random, json).isEqualTo(value);
      assertThat(ValueJson.parseStored(bytes, 0, bytes.length)).isEqualTo(value);
      assertThat(ValueJson.writeBytes(value, JsonFormat.ENCODED)).isEqualTo(bytes);
    }
  }

  @Test
  void convertingGivesWhatParsingAndWritingGives() {
    for (int i = 0; i < RUNS; i++) {
      Value value = generators.value();
      byte[] encoded = ValueJson.writeBytes(value, JsonFormat.ENCODED);
      for (JsonFormat format : JsonFormat.values()) {
        assertThat(new String(ValueJson.convert(encoded, format), StandardCharsets.UTF_8))
            .as("%s: %s", random, value)
            .isEqualTo(ValueJson.write(value, format));
      }
    }
  }

  @Test
  void theExportFormatLosesNothing() {
    for (int i = 0; i < RUNS; i++) {
      Value value = generators.value();
      assertThat(ValueJson.parseExported(ValueJson.writeBytes(value, JsonFormat.EXPORT)))
          .as("%s", random)
          .isEqualTo(value);
    }
  }

  @Test
  void sizesAreTheSameWithoutBuildingTheValue() {
    for (int i = 0; i < RUNS; i++) {
      Value value = generators.value();
      byte[] padded =
          new JsonBuffer().raw("xx").value(value, JsonFormat.ENCODED).raw("yy").toBytes();
      assertThat(Sizes.ofJson(padded, 2, padded.length - 4))
          .as("%s: %s", random, value)
          .isEqualTo(Sizes.of(value));
    }
  }

  @Test
  void fieldsOfDocumentsAreThoseOfTheTree() {
    for (int i = 0; i < RUNS; i++) {
      ObjectValue document =
          random.nextInt(4) == 0
              ? generators.object(4)
              : generators.document(generators.documentId());
      byte[] stored = new JsonBuffer().raw('\u0001').value(document, JsonFormat.ENCODED).toBytes();
      List<FieldPath> paths = paths();
      DocumentFields reader = DocumentFields.of(paths);
      @Nullable Value[] fields = reader.read(stored, 1, stored.length - 1);
      int[] places = new int[2 * paths.size()];
      reader.locate(stored, 1, stored.length - 1, places);
      for (int path = 0; path < paths.size(); path++) {
        assertThat(
                SortKey.builder().stored(stored, places[2 * path], places[2 * path + 1]).toBytes())
            .as("%s: key of %s of %s", random, paths.get(path), document)
            .isEqualTo(SortKey.of(fields[path]));
        assertThat(fields[path])
            .as("%s: %s of %s", random, paths.get(path), document)
            .isEqualTo(paths.get(path).get(document));
      }
    }
  }

  @Test
  void idsRoundTripAndKeepTheirPlaceInKeys() {
    for (int i = 0; i < RUNS; i++) {
      DocumentId id = generators.documentId();
      String text = id.encode();
      assertThat(DocumentId.decode(text)).as("%s", random).isEqualTo(id);
      assertThat(SortKey.builder().documentId(id).toBytes()).isEqualTo(SortKey.of(id.toValue()));
      StringBuilder broken = new StringBuilder(text);
      int at = random.nextInt(text.length());
      broken.setCharAt(at, text.charAt(at) == 'a' ? 'b' : 'a');
      DocumentId other = DocumentId.tryDecode(broken.toString());
      if (other != null) {
        assertThat(other.encode()).isEqualTo(broken.toString());
      }
    }
  }

  @Test
  void nestingIsCountedAsSpecified() {
    for (int levels = 0; levels <= 64; levels++) {
      assertThat(Nesting.of(generators.nested(levels))).isEqualTo(levels);
    }
  }

  private List<@Nullable Value> tuple() {
    List<@Nullable Value> tuple = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      int kind = random.nextInt(5);
      tuple.add(kind == 0 ? null : kind < 3 ? Value.of(generators.string()) : generators.value(2));
    }
    return tuple;
  }

  private static byte[] key(List<@Nullable Value> tuple) {
    SortKey.Builder key = SortKey.builder();
    tuple.forEach(key::valueOrUndefined);
    return key.toBytes();
  }

  private static int compare(@Nullable Value left, @Nullable Value right) {
    if (left == null || right == null) {
      return Boolean.compare(left != null, right != null);
    }
    return left.compareTo(right);
  }

  private List<FieldPath> paths() {
    String[] names = {
      "a", "b", "c", "aa", "a0", "name", "Zebra", "_private", "_id", "f7", "_creationTime"
    };
    List<FieldPath> paths = new ArrayList<>();
    for (int i = random.nextInt(5); i >= 0; i--) {
      List<String> path = new ArrayList<>();
      for (int step = random.nextInt(3); step >= 0; step--) {
        path.add(names[random.nextInt(names.length)]);
      }
      paths.add(new FieldPath(path));
    }
    return paths;
  }
}
