package dev.freshet.values;

import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The fields of an object: two parallel arrays, sorted by name. Immutable; smaller and faster to
 * build and to walk than a tree for the handful of fields that objects have. Names are ASCII, so
 * the order of Java strings is the order of their bytes.
 */
@SuppressWarnings("JdkObsolete") // the type of ObjectValue.fields
final class FieldMap extends AbstractMap<String, Value> implements SortedMap<String, Value> {
  static final FieldMap EMPTY = new FieldMap(new String[0], new Value[0], 0);

  private final String[] names;
  private final Value[] values;
  private final int size;

  private FieldMap(String[] names, Value[] values, int size) {
    this.names = names;
    this.values = values;
    this.size = size;
  }

  static FieldMap copyOf(Map<String, ? extends Value> fields) {
    if (fields instanceof FieldMap already) {
      return already;
    }
    String[] names = new String[fields.size()];
    Value[] values = new Value[names.length];
    int count = 0;
    for (Map.Entry<String, ? extends Value> field : fields.entrySet()) {
      names[count] = field.getKey();
      values[count++] = field.getValue();
    }
    return ofOwned(names, values, count);
  }

  /** Takes the arrays over: sorts them where needed; of equal names the last one wins. */
  static FieldMap ofOwned(String[] names, Value[] values, int count) {
    if (count == 0) {
      return EMPTY;
    }
    for (int i = 1; i < count; i++) {
      if (names[i - 1].compareTo(names[i]) >= 0) {
        return sorted(names, values, count);
      }
    }
    return new FieldMap(names, values, count);
  }

  private static FieldMap sorted(String[] names, Value[] values, int count) {
    TreeMap<String, Value> sorted = new TreeMap<>();
    for (int i = 0; i < count; i++) {
      sorted.put(names[i], values[i]);
    }
    int at = 0;
    for (Map.Entry<String, Value> field : sorted.entrySet()) {
      names[at] = field.getKey();
      values[at++] = field.getValue();
    }
    return new FieldMap(names, values, at);
  }

  private int indexOf(@Nullable Object key) {
    return key instanceof String name ? Arrays.binarySearch(names, 0, size, name) : -1;
  }

  /** The name of the field at the index, in order. */
  String name(int index) {
    return names[index];
  }

  Value value(int index) {
    return values[index];
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public @Nullable Value get(@Nullable Object key) {
    int index = indexOf(key);
    return index < 0 ? null : values[index];
  }

  @Override
  public boolean containsKey(@Nullable Object key) {
    return indexOf(key) >= 0;
  }

  @Override
  public Set<Map.Entry<String, Value>> entrySet() {
    return new AbstractSet<>() {
      @Override
      public int size() {
        return size;
      }

      @Override
      public Iterator<Map.Entry<String, Value>> iterator() {
        return new Iterator<>() {
          private int next;

          @Override
          public boolean hasNext() {
            return next < size;
          }

          @Override
          public Map.Entry<String, Value> next() {
            if (next >= size) {
              throw new NoSuchElementException();
            }
            return Map.entry(names[next], values[next++]);
          }
        };
      }
    };
  }

  @Override
  public @Nullable Comparator<? super String> comparator() {
    return null;
  }

  @Override
  public SortedMap<String, Value> subMap(String from, String to) {
    return tree().subMap(from, to);
  }

  @Override
  public SortedMap<String, Value> headMap(String to) {
    return tree().headMap(to);
  }

  @Override
  public SortedMap<String, Value> tailMap(String from) {
    return tree().tailMap(from);
  }

  private SortedMap<String, Value> tree() {
    return new TreeMap<>((SortedMap<String, Value>) this);
  }

  @Override
  public String firstKey() {
    if (size == 0) {
      throw new NoSuchElementException();
    }
    return names[0];
  }

  @Override
  public String lastKey() {
    if (size == 0) {
      throw new NoSuchElementException();
    }
    return names[size - 1];
  }
}
