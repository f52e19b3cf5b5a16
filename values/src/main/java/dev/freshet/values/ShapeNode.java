package dev.freshet.values;

import dev.freshet.values.Value.ArrayValue;
import dev.freshet.values.Value.BooleanValue;
import dev.freshet.values.Value.BytesValue;
import dev.freshet.values.Value.CommitTsValue;
import dev.freshet.values.Value.Float64Value;
import dev.freshet.values.Value.Int64Value;
import dev.freshet.values.Value.NullValue;
import dev.freshet.values.Value.ObjectValue;
import dev.freshet.values.Value.StringValue;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The values of one place in documents, counted by what they are; see {@link ShapeCounts}. */
final class ShapeNode {
  /** An object with more fields, or with a name that is no identifier, is counted as a record. */
  static final int MAX_FIELDS = 64;

  /** A place whose objects have more different fields is taken for one of records from then on. */
  private static final int MAX_DISTINCT_FIELDS = 4 * MAX_FIELDS;

  final ShapeCounts whole;
  long total;
  long nulls;
  long int64s;
  long normalFloats;
  long specialFloats;
  long booleans;
  long strings;
  long bytes;
  long arrays;
  long objects;
  long records;

  /** Strings that are ids, by the number of their table. */
  final Map<Integer, Long> ids = new TreeMap<>();

  /** The fields of objects; a field that isn't in each of them has a smaller total. */
  final Map<String, ShapeNode> fields = new TreeMap<>();

  private ShapeNode[] children = {};
  private boolean collapsed;

  ShapeNode(ShapeCounts whole) {
    this.whole = whole;
  }

  private static final int ELEMENTS = 0;
  private static final int KEYS = 1;
  private static final int VALUES = 2;

  ShapeNode elements() {
    return child(ELEMENTS);
  }

  ShapeNode keys() {
    return child(KEYS);
  }

  ShapeNode values() {
    return child(VALUES);
  }

  private ShapeNode child(int which) {
    if (children.length == 0) {
      children = new ShapeNode[] {whole.node(), whole.node(), whole.node()};
    }
    return children[which];
  }

  /** Counts a value {@code by} times: once, or once less. */
  void add(Value value, long by) {
    total = counted(total, by);
    switch (value) {
      case NullValue _ -> nulls = counted(nulls, by);
      case Int64Value _, CommitTsValue _ -> int64s = counted(int64s, by);
      case Float64Value(double number) -> {
        if (!Double.isFinite(number) || Double.doubleToRawLongBits(number) == Long.MIN_VALUE) {
          specialFloats = counted(specialFloats, by);
        } else {
          normalFloats = counted(normalFloats, by);
        }
      }
      case BooleanValue _ -> booleans = counted(booleans, by);
      case StringValue(String text) -> addString(text, by);
      case BytesValue _ -> bytes = counted(bytes, by);
      case ArrayValue(List<Value> items) -> {
        arrays = counted(arrays, by);
        for (Value item : items) {
          elements().add(item, by);
        }
      }
      case ObjectValue object -> addObject(object, by);
    }
  }

  private void addString(String text, long by) {
    DocumentId id = DocumentId.tryDecode(text);
    if (id == null) {
      strings = counted(strings, by);
    } else {
      addTo(ids, id.tableNumber(), by);
    }
  }

  private void addObject(ObjectValue object, long by) {
    if (collapsed || isRecord(object)) {
      records = counted(records, by);
      object
          .fields()
          .forEach(
              (name, value) -> {
                keys().add(Value.of(name), by);
                values().add(value, by);
              });
      return;
    }
    objects = counted(objects, by);
    object.fields().forEach((name, value) -> addField(name, value, by));
    if (fields.size() > MAX_DISTINCT_FIELDS) {
      collapse();
    }
  }

  private void addField(String name, Value value, long by) {
    ShapeNode field = fields.get(name);
    if (field == null) {
      field = whole.node();
      fields.put(name, field);
    }
    field.add(value, by);
    if (field.total == 0) {
      fields.remove(name);
      whole.forget(field.size());
    }
  }

  private static boolean isRecord(ObjectValue object) {
    if (object.fields().size() > MAX_FIELDS) {
      return true;
    }
    for (String name : object.fields().keySet()) {
      if (!Identifiers.isIdentifier(name)) {
        return true;
      }
    }
    return false;
  }

  /** From now on all objects here are records; those so far become some. */
  private void collapse() {
    collapsed = true;
    records += objects;
    objects = 0;
    fields.forEach(
        (name, field) -> {
          keys().add(Value.of(name), field.total);
          values().addAll(field);
          whole.forget(field.size());
        });
    fields.clear();
  }

  /** How many nodes hang here, this one included. */
  private int size() {
    int size = 1;
    for (ShapeNode child : children) {
      size += child.size();
    }
    for (ShapeNode field : fields.values()) {
      size += field.size();
    }
    return size;
  }

  /** Adds all that another node has counted. */
  void addAll(ShapeNode other) {
    total += other.total;
    nulls += other.nulls;
    int64s += other.int64s;
    normalFloats += other.normalFloats;
    specialFloats += other.specialFloats;
    booleans += other.booleans;
    strings += other.strings;
    bytes += other.bytes;
    arrays += other.arrays;
    records += other.records;
    other.ids.forEach((table, count) -> addTo(ids, table, count));
    if (other.children.length > 0) {
      elements().addAll(other.elements());
      keys().addAll(other.keys());
      values().addAll(other.values());
    }
    objects += other.objects;
    other.fields.forEach(
        (name, field) -> fields.computeIfAbsent(name, _ -> whole.node()).addAll(field));
    if (collapsed || other.collapsed || fields.size() > MAX_DISTINCT_FIELDS) {
      collapse();
    }
  }

  private static long counted(long count, long by) {
    if (count + by < 0) {
      throw new IllegalStateException("a value is taken from a shape that it wasn't counted in");
    }
    return count + by;
  }

  private static void addTo(Map<Integer, Long> counts, int key, long by) {
    long count = counted(counts.getOrDefault(key, 0L), by);
    if (count == 0) {
      counts.remove(key);
    } else {
      counts.put(key, count);
    }
  }

  /** A stored form; {@link #read} takes it back. */
  ObjectValue write() {
    Map<String, Value> out = new TreeMap<>();
    long[] counts = {
      total,
      nulls,
      int64s,
      normalFloats,
      specialFloats,
      booleans,
      strings,
      bytes,
      arrays,
      objects,
      records,
      collapsed ? 1 : 0
    };
    Value[] list = new Value[counts.length];
    for (int i = 0; i < counts.length; i++) {
      list[i] = Value.of(counts[i]);
    }
    out.put("n", ArrayValue.of(list));
    Map<String, Value> named = new TreeMap<>();
    fields.forEach((name, field) -> named.put(name, field.write()));
    out.put("f", ObjectValue.of(named));
    Map<String, Value> tables = new TreeMap<>();
    ids.forEach((table, count) -> tables.put(Integer.toString(table), Value.of((long) count)));
    out.put("i", ObjectValue.of(tables));
    if (children.length > 0) {
      out.put("c", ArrayValue.of(elements().write(), keys().write(), values().write()));
    }
    return ObjectValue.of(out);
  }

  void read(ObjectValue stored) {
    if (!(stored.get("n") instanceof ArrayValue(List<Value> n))
        || !(stored.get("f") instanceof ObjectValue named)
        || !(stored.get("i") instanceof ObjectValue tables)) {
      throw FreshetException.internal("a stored shape is malformed", null);
    }
    total = number(n.get(0));
    nulls = number(n.get(1));
    int64s = number(n.get(2));
    normalFloats = number(n.get(3));
    specialFloats = number(n.get(4));
    booleans = number(n.get(5));
    strings = number(n.get(6));
    bytes = number(n.get(7));
    arrays = number(n.get(8));
    objects = number(n.get(9));
    records = number(n.get(10));
    collapsed = number(n.get(11)) == 1;
    named
        .fields()
        .forEach(
            (name, field) ->
                fields.computeIfAbsent(name, _ -> whole.node()).read((ObjectValue) field));
    tables.fields().forEach((table, count) -> ids.put(Integer.valueOf(table), number(count)));
    if (stored.get("c") instanceof ArrayValue(List<Value> stored3)) {
      elements().read((ObjectValue) stored3.get(0));
      keys().read((ObjectValue) stored3.get(1));
      values().read((ObjectValue) stored3.get(2));
    }
  }

  private static long number(Value value) {
    if (value instanceof Int64Value(long number)) {
      return number;
    }
    throw FreshetException.internal("a stored shape is malformed", null);
  }
}
