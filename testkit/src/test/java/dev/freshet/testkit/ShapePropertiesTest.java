package dev.freshet.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.values.DocumentChecks;
import dev.freshet.values.Shape;
import dev.freshet.values.ShapeCounts;
import dev.freshet.values.TableNames;
import dev.freshet.values.Validator;
import dev.freshet.values.Value;
import dev.freshet.values.Value.ObjectValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Properties of shapes over random documents (spec 40 §12). */
class ShapePropertiesTest {
  private static final int RUNS = 2_000;

  private final SeededRandom random = new SeededRandom(12);
  private final ValidatorGenerators validators = new ValidatorGenerators(random);
  private final Generators values = new Generators(random);
  private final TableNames tables = ValidatorGenerators.tables();

  private ObjectValue document() {
    Value value = random.nextBoolean() ? values.object(3) : validators.matching(someObject());
    ObjectValue object = value instanceof ObjectValue o ? o : ObjectValue.EMPTY.with("a", value);
    return object
        .with(DocumentChecks.ID, values.documentId().toValue())
        .with(DocumentChecks.CREATION_TIME, Value.of(1.0));
  }

  private Validator someObject() {
    Validator validator = validators.validator();
    while (!(validator instanceof Validator.ObjectValidator)) {
      validator = validators.validator();
    }
    return validator;
  }

  private static ShapeCounts counted(List<ObjectValue> documents) {
    ShapeCounts counts = new ShapeCounts();
    documents.forEach(counts::add);
    return counts;
  }

  @Test
  void whatIsKeptUpIsWhatIsCountedFromTheStart() {
    for (int run = 0; run < RUNS / 10; run++) {
      List<ObjectValue> documents = new ArrayList<>();
      ShapeCounts kept = new ShapeCounts();
      for (int step = 0; step < 60; step++) {
        if (!documents.isEmpty() && random.nextInt(5) < 2) {
          kept.remove(documents.remove(random.nextInt(documents.size())));
        } else {
          ObjectValue added = document();
          documents.add(added);
          kept.add(added);
        }
        if (step % 10 == 0) {
          kept = ShapeCounts.read(kept.write());
        }
      }
      ShapeCounts fresh = counted(documents);
      assertThat(kept.documents()).isEqualTo(documents.size());
      assertThat(kept.shape(tables)).as("%s", random).isEqualTo(fresh.shape(tables));
      documents.forEach(kept::remove);
      assertThat(kept.shape(tables)).isEqualTo(new Shape.Never());
    }
  }

  @Test
  void noShapeIsTakenForASubsetThatIsNone() {
    int subsets = 0;
    for (int run = 0; run < RUNS * 10; run++) {
      Validator written = someObject();
      List<ObjectValue> bare = new ArrayList<>();
      for (int i = random.nextInt(6); i >= 0; i--) {
        if (validators.matching(written) instanceof ObjectValue object) {
          bare.add(object);
        }
      }
      ShapeCounts counts = counted(bare);
      Validator asked = random.nextInt(4) == 0 ? someObject() : validators.near(written);
      if (counts.isSubsetOf(asked, tables)) {
        subsets++;
        for (ObjectValue object : bare) {
          assertThat(asked.check(DocumentChecks.withoutSystemFields(object), tables))
              .as("%s: %s in %s", random, object, asked.print())
              .isNull();
        }
      }
    }
    assertThat(subsets).isGreaterThan(RUNS);
  }

  @Test
  void objectsOfEverNewNamesBecomeRecordsAndTablesOfTooManyPlacesUnknown() {
    ShapeCounts names = new ShapeCounts();
    ShapeCounts places = new ShapeCounts();
    for (int i = 0; i < 11_000; i++) {
      names.add(ObjectValue.EMPTY.with("by", ObjectValue.EMPTY.with("n" + i, Value.of(1.0))));
      ObjectValue deep = ObjectValue.EMPTY.with("n" + i % 60, Value.of(1.0));
      places.add(ObjectValue.EMPTY.with("n" + i % 59, ObjectValue.EMPTY.with("m" + i % 61, deep)));
    }
    assertThat(names.isTooManifold()).isFalse();
    Shape by = new Shape.Mapping(new Shape.Text(), new Shape.Float64(false));
    assertThat(names.shape(tables))
        .isEqualTo(new Shape.Fields(new TreeMap<>(Map.of("by", new Shape.Field(by, false)))));
    assertThat(ShapeCounts.read(names.write()).shape(tables)).isEqualTo(names.shape(tables));

    assertThat(places.isTooManifold()).isTrue();
    assertThat(places.shape(tables)).isEqualTo(new Shape.Unknown());
    assertThat(ShapeCounts.read(places.write()).isTooManifold()).isTrue();
    assertThat(places.isSubsetOf(new Validator.AnyValidator(), tables)).isFalse();
  }
}
