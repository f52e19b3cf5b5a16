package dev.freshet.testkit;

import dev.freshet.values.DocumentChecks;
import dev.freshet.values.DocumentId;
import dev.freshet.values.InternalId;
import dev.freshet.values.Value;
import dev.freshet.values.Value.ArrayValue;
import dev.freshet.values.Value.BytesValue;
import dev.freshet.values.Value.NullValue;
import dev.freshet.values.Value.ObjectValue;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/**
 * Values, documents and ids for property tests: mostly small and ordinary, with the extremes of
 * every type far more often than chance would have them. As random as their source; not
 * thread-safe.
 */
public final class Generators {
  private static final long[] INTEGERS = {
    0,
    1,
    -1,
    127,
    128,
    -128,
    -129,
    32_767,
    32_768,
    -32_768,
    -32_769,
    2_147_483_647L,
    2_147_483_648L,
    -2_147_483_648L,
    -2_147_483_649L,
    Long.MAX_VALUE,
    Long.MIN_VALUE
  };
  private static final double[] FLOATS = {
    0.0,
    -0.0,
    1,
    -1,
    0.1,
    1e7,
    123_456_789,
    1e15,
    1e16,
    1e21,
    1e-5,
    1e-6,
    9007199254740992.0,
    Double.MIN_VALUE,
    Double.MIN_NORMAL,
    Double.MAX_VALUE,
    -Double.MAX_VALUE,
    Double.NaN,
    Double.POSITIVE_INFINITY,
    Double.NEGATIVE_INFINITY,
    1_767_225_600_000.123
  };
  private static final String[] FIELDS = {
    "a", "b", "c", "aa", "a0", "name", "Zebra", "_private", "", "a b", "a\"b", "a\\b", "~", "0"
  };
  private static final int[] CODE_POINTS = {
    0, 1, '\n', '"', '\\', '/', ' ', 'a', 'b', 'z', 0x7f, 0x80, 0xe9, 0x7ff, 0x800, 0x2028, 0xd7ff,
    0xe000, 0xfffd, 0xffff, 0x10000, 0x1f600, 0x10ffff
  };

  private final RandomGenerator random;

  public Generators(RandomGenerator random) {
    this.random = random;
  }

  /** Any value, seldom nested deeper than four levels. */
  public Value value() {
    return value(4);
  }

  /** Any value of at most the given nesting. */
  public Value value(int nesting) {
    return switch (random.nextInt(nesting > 0 ? 9 : 6)) {
      case 0 -> NullValue.NULL;
      case 1 -> Value.of(random.nextBoolean());
      case 2 -> int64();
      case 3 -> float64();
      case 4 -> Value.of(string());
      case 5 -> bytes();
      case 6 -> array(nesting);
      default -> object(nesting);
    };
  }

  /** A value of exactly the given nesting, one child a level. */
  public Value nested(int levels) {
    Value value = value(0);
    for (int i = 0; i < levels; i++) {
      value =
          random.nextBoolean()
              ? ArrayValue.of(value)
              : ObjectValue.of(java.util.Map.of(fieldName(), value));
    }
    return value;
  }

  public Value int64() {
    return Value.of(
        random.nextBoolean()
            ? INTEGERS[random.nextInt(INTEGERS.length)]
            : random.nextLong() >> random.nextInt(64));
  }

  /** A float64: extremes, whole numbers, fractions, and any bits (NaN payloads among them). */
  public Value float64() {
    return Value.of(
        switch (random.nextInt(5)) {
          case 0 -> FLOATS[random.nextInt(FLOATS.length)];
          case 1 -> Double.longBitsToDouble(random.nextLong());
          case 2 -> Double.longBitsToDouble(0x7ff0_0000_0000_0000L | random.nextLong());
          case 3 -> (double) (random.nextLong() >> random.nextInt(64));
          default -> random.nextInt(-10_000, 10_000) / 100.0;
        });
  }

  /** A string of zero to twelve characters, supplementary ones and controls among them. */
  public String string() {
    StringBuilder text = new StringBuilder();
    boolean plain = random.nextBoolean();
    for (int i = random.nextInt(random.nextBoolean() ? 4 : 13); i > 0; i--) {
      text.appendCodePoint(
          plain ? random.nextInt('a', 'e') : CODE_POINTS[random.nextInt(CODE_POINTS.length)]);
    }
    return text.toString();
  }

  /** The name of a field of an object. */
  public String fieldName() {
    return random.nextInt(4) > 0
        ? FIELDS[random.nextInt(FIELDS.length)]
        : "f" + random.nextInt(100);
  }

  private Value bytes() {
    byte[] bytes = new byte[random.nextInt(6)];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (random.nextBoolean() ? random.nextInt() : random.nextInt(2) * 255);
    }
    return new BytesValue(bytes);
  }

  private Value array(int nesting) {
    List<Value> elements = new ArrayList<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      elements.add(value(nesting - 1));
    }
    return new ArrayValue(List.copyOf(elements));
  }

  /** An object of at most the given nesting (at least 1). */
  public ObjectValue object(int nesting) {
    TreeMap<String, Value> fields = new TreeMap<>();
    for (int i = random.nextInt(5); i > 0; i--) {
      fields.put(fieldName(), value(nesting - 1));
    }
    return ObjectValue.of(fields);
  }

  public InternalId internalId() {
    return switch (random.nextInt(8)) {
      case 0 -> new InternalId(0, 0);
      case 1 -> new InternalId(-1, -1);
      default -> new InternalId(random.nextLong(), random.nextLong());
    };
  }

  /** An id of a table with any number. */
  public DocumentId documentId() {
    int table = random.nextInt() >>> random.nextInt(32);
    return new DocumentId(table == 0 ? 10_001 : table, internalId());
  }

  /** A document that passes all checks: system fields, and no others with an underscore. */
  public ObjectValue document(DocumentId id) {
    TreeMap<String, Value> fields = new TreeMap<>(object(4).fields());
    fields.keySet().removeIf(name -> name.startsWith("_"));
    double creationTime = SimulatedClock.DEFAULT_START_MILLIS + random.nextDouble() * 1e9;
    return DocumentChecks.complete(ObjectValue.of(fields), id, Value.of(creationTime));
  }
}
