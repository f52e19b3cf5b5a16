package dev.freshet.database;

import static dev.freshet.values.FreshetException.badRequest;

import dev.freshet.database.RangeBound.Comparison;
import dev.freshet.values.DocumentId;
import dev.freshet.values.FreshetException;
import dev.freshet.values.InternalId;
import dev.freshet.values.SortKey;
import dev.freshet.values.Value;
import dev.freshet.values.Value.StringValue;
import dev.freshet.values.ValueText;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Turns the comparisons of an index range into an interval of keys (spec 40 §6.2). */
final class IndexRanges {
  private static final String ID = "_id";
  private static final String INDEX_DOCS = "https://docs.convex.dev/using/indexes";
  private static final KeyRange EMPTY = new KeyRange(new byte[0], new byte[0]);
  private static final BigInteger MASK = BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE);

  private final String indexName;
  private final int tableNumber;
  private final List<String> fields;
  private final Map<String, RangeBound> equalities = new HashMap<>();
  private @Nullable RangeBound lower;
  private @Nullable RangeBound upper;

  private IndexRanges(TableLayout layout, IndexInfo index) {
    this.indexName = layout.table().name() + "." + index.descriptor();
    this.tableNumber = layout.table().number();
    this.fields = new ArrayList<>(index.fields());
    this.fields.add(ID);
  }

  static KeyRange compile(TableLayout layout, IndexInfo index, List<RangeBound> range) {
    if (range.isEmpty()) {
      return KeyRange.ALL;
    }
    IndexRanges ranges = new IndexRanges(layout, index);
    range.forEach(ranges::add);
    return ranges.compile();
  }

  private void add(RangeBound bound) {
    String field = bound.fieldPath();
    switch (bound.comparison()) {
      case EQ -> {
        if (equalities.putIfAbsent(field, bound) != null) {
          throw alreadyDefined("equality", bound);
        }
      }
      case GT, GTE -> {
        if (lower != null) {
          throw alreadyDefined("lower", bound);
        }
        requireSameField(upper, bound);
        lower = bound;
      }
      case LT, LTE -> {
        if (upper != null) {
          throw alreadyDefined("upper", bound);
        }
        requireSameField(lower, bound);
        upper = bound;
      }
    }
  }

  private void requireSameField(@Nullable RangeBound other, RangeBound bound) {
    if (other != null && !other.fieldPath().equals(bound.fieldPath())) {
      throw badRequest(
          "BoundsOnMultipleFields",
          "Upper and lower bounds in `range` can only be set on one field: the query of index "
              + indexName
              + " attempted to set a range bound on both "
              + quoted(other.fieldPath())
              + " and "
              + quoted(bound.fieldPath())
              + ". Consider using `filter` instead. See "
              + INDEX_DOCS);
    }
  }

  private static FreshetException alreadyDefined(String what, RangeBound bound) {
    return badRequest(
        "AlreadyDefinedBound",
        "Already defined "
            + what
            + " bound in index range. Can't add "
            + quoted(bound.fieldPath())
            + " "
            + symbol(bound.comparison())
            + " "
            + ValueText.print(bound.value())
            + ".");
  }

  private static String symbol(Comparison comparison) {
    return switch (comparison) {
      case EQ -> "==";
      case GT -> ">";
      case GTE -> ">=";
      case LT -> "<";
      case LTE -> "<=";
    };
  }

  private KeyRange compile() {
    RangeBound inequality = lower != null ? lower : upper;
    if (inequality != null && equalities.containsKey(inequality.fieldPath())) {
      throw alreadyDefined("equality", inequality);
    }
    requirePrefix(inequality);
    SortKey.Builder builder = SortKey.builder();
    int equal = 0;
    while (equal < fields.size()) {
      RangeBound equality = equalities.get(fields.get(equal));
      if (equality == null) {
        break;
      }
      if (fields.get(equal).equals(ID)) {
        return oneDocument(builder.toBytes(), equality.value());
      }
      builder.valueOrUndefined(equality.value());
      equal++;
    }
    byte[] prefix = builder.toBytes();
    if (inequality == null) {
      return KeyRange.prefix(prefix);
    }
    return inequality.fieldPath().equals(ID) ? idRange(prefix) : fieldRange(prefix);
  }

  /** The fields compared, sorted by their place in the index, must be its first ones. */
  private void requirePrefix(@Nullable RangeBound inequality) {
    List<String> used = new ArrayList<>(equalities.keySet());
    for (String field : used) {
      requireIndexed(field);
    }
    used.sort((a, b) -> Integer.compare(fields.indexOf(a), fields.indexOf(b)));
    if (inequality != null) {
      requireIndexed(inequality.fieldPath());
      used.add(inequality.fieldPath());
    }
    for (int i = 0; i < used.size(); i++) {
      if (!used.get(i).equals(fields.get(i))) {
        throw badRequest(
            "InvalidIndexRange",
            "Tried to query index "
                + indexName
                + " but the query didn't use the index fields in order.\nIndex fields: "
                + quoted(fields)
                + "\nQuery fields: "
                + quoted(used)
                + "\nFirst incorrect field: "
                + quoted(used.get(i))
                + "\nFor more information see "
                + INDEX_DOCS
                + ".");
      }
    }
  }

  private void requireIndexed(String field) {
    if (!fields.contains(field)) {
      throw badRequest(
          "FieldNotInIndex",
          "The index range included a comparison with "
              + quoted(field)
              + ", but "
              + indexName
              + " with fields "
              + quoted(fields)
              + " doesn't index this field. For more information see "
              + INDEX_DOCS
              + ".");
    }
  }

  private KeyRange fieldRange(byte[] prefix) {
    byte[] start = prefix;
    byte[] end = SortKey.increment(prefix);
    if (lower != null) {
      byte[] key = join(prefix, SortKey.of(lower.value()));
      start = lower.comparison() == Comparison.GTE ? key : incremented(key);
    }
    if (upper != null) {
      byte[] key = join(prefix, SortKey.of(upper.value()));
      end = upper.comparison() == Comparison.LT ? key : incremented(key);
    }
    return new KeyRange(start, end);
  }

  /** No sort key consists of 0xff alone, so there always is a next one. */
  private static byte[] incremented(byte[] key) {
    byte[] next = SortKey.increment(key);
    if (next == null) {
      throw new IllegalStateException("a sort key of nothing but 0xff");
    }
    return next;
  }

  private KeyRange oneDocument(byte[] prefix, @Nullable Value value) {
    InternalId id = ownId(value);
    return id == null ? EMPTY : KeyRange.of(IndexKeys.withId(prefix, id));
  }

  private KeyRange idRange(byte[] prefix) {
    byte[] start = prefix;
    byte[] end = SortKey.increment(prefix);
    if (lower != null) {
      InternalId first = firstId(lower.value(), lower.comparison() == Comparison.GT);
      if (first == null) {
        return EMPTY;
      }
      start = IndexKeys.withId(prefix, first);
    }
    if (upper != null) {
      InternalId first = firstId(upper.value(), upper.comparison() == Comparison.LTE);
      end = first == null ? end : IndexKeys.withId(prefix, first);
    }
    return new KeyRange(start, end);
  }

  private @Nullable InternalId ownId(@Nullable Value value) {
    DocumentId id = value instanceof StringValue(String text) ? DocumentId.tryDecode(text) : null;
    return id == null || id.tableNumber() != tableNumber ? null : id.internalId();
  }

  /**
   * The first id of this table that is, as a string, at or above a value ({@code strictly}: above
   * it); null if none is. Any value may be compared with, so where it is no id of the table, the
   * place is searched for.
   */
  private @Nullable InternalId firstId(@Nullable Value value, boolean strictly) {
    InternalId own = ownId(value);
    if (own != null) {
      return strictly ? IndexKeys.idAtOrAbove(IndexKeys.successor(own.toBytes())) : own;
    }
    if (value == null) {
      return new InternalId(0, 0);
    }
    BigInteger low = BigInteger.ZERO;
    BigInteger high = BigInteger.ONE.shiftLeft(128);
    while (low.compareTo(high) < 0) {
      BigInteger middle = low.add(high).shiftRight(1);
      InternalId id =
          new InternalId(middle.shiftRight(64).longValue(), middle.and(MASK).longValue());
      if (new DocumentId(tableNumber, id).toValue().compareTo(value) > 0) {
        high = middle;
      } else {
        low = middle.add(BigInteger.ONE);
      }
    }
    return low.bitLength() > 128
        ? null
        : new InternalId(low.shiftRight(64).longValue(), low.and(MASK).longValue());
  }

  private static byte[] join(byte[] left, byte[] right) {
    byte[] joined = Arrays.copyOf(left, left.length + right.length);
    System.arraycopy(right, 0, joined, left.length, right.length);
    return joined;
  }

  private static String quoted(String field) {
    return "\"" + field + "\"";
  }

  private static String quoted(List<String> names) {
    return names.stream().map(IndexRanges::quoted).toList().toString();
  }
}
