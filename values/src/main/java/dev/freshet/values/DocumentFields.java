package dev.freshet.values;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Takes the values of certain field paths out of documents in their stored form, in one pass over
 * the bytes and without building the rest. Made once per index or query, then used for many
 * documents; immutable and thread-safe.
 *
 * <p>Design. The paths form a trie whose nodes hold their names sorted. Canonical text ({@link
 * JsonFormat#ENCODED}: no white space, fields sorted and unique) lets the walk end at the first
 * name beyond the node's last one, so that only the outermost object's head is looked at for most
 * indexes. It only notes where the values stand; whoever wants keys gets them from there without a
 * value in between ({@link SortKey.Builder#stored}). The result agrees with {@link FieldPath#get}
 * on the parsed document.
 */
public final class DocumentFields {
  private static final int[] NO_SLOTS = {};

  private final Node root;
  private final int count;

  private DocumentFields(Node root, int count) {
    this.root = root;
    this.count = count;
  }

  public static DocumentFields of(List<FieldPath> paths) {
    Building root = new Building();
    for (int slot = 0; slot < paths.size(); slot++) {
      Building node = root;
      for (String name : paths.get(slot).fields()) {
        node = node.children.computeIfAbsent(name, _ -> new Building());
      }
      node.slots.add(slot);
    }
    return new DocumentFields(root.build(), paths.size());
  }

  /** The values at the paths, in their order; null is undefined. */
  public static @Nullable Value[] read(byte[] json, List<FieldPath> paths) {
    return of(paths).read(json, 0, json.length);
  }

  /**
   * The values at the paths, in their order; null is undefined.
   *
   * @param json canonical encoded JSON
   * @param offset where the document's text starts (1 in the stored form)
   * @param length bytes of the text
   */
  public @Nullable Value[] read(byte[] json, int offset, int length) {
    int[] places = new int[2 * count];
    locate(json, offset, length, places);
    @Nullable Value[] values = new Value[count];
    for (int i = 0; i < count; i++) {
      if (places[2 * i + 1] != 0) {
        values[i] = JsonScanner.decode(json, places[2 * i], places[2 * i + 1]);
      }
    }
    return values;
  }

  /** How many paths there are. */
  public int count() {
    return count;
  }

  /**
   * Where the values at the paths stand in the text.
   *
   * @param places gets two positions for each path: the value's first byte, and the one after it; 0
   *     and 0 for undefined
   */
  public void locate(byte[] json, int offset, int length, int[] places) {
    Arrays.fill(places, 0, 2 * count, 0);
    if (length > 0 && json[offset] == '{') {
      try {
        readObject(json, offset, root, places, false);
      } catch (IndexOutOfBoundsException e) {
        throw FreshetException.internal("a stored document is not canonical JSON", e);
      }
    }
  }

  /**
   * Reads the object at the position. Returns the position after it if {@code wantEnd}, else some
   * position inside.
   */
  private static int readObject(byte[] json, int offset, Node node, int[] places, boolean wantEnd) {
    int at = offset + 1;
    int next = 0; // names before this index are passed
    while (json[at] != '}') {
      int nameStart = at + 1;
      int nameEnd = JsonScanner.stringEnd(json, at) - 1;
      int order = -1;
      while (next < node.names.length) {
        order = compare(json, nameStart, nameEnd, node.names[next]);
        if (order <= 0) {
          break;
        }
        next++;
      }
      if (next == node.names.length) {
        return wantEnd ? JsonScanner.containerEnd(json, nameEnd + 2) : at;
      }
      int value = nameEnd + 2;
      if (order == 0) {
        boolean last = next == node.names.length - 1;
        at = readField(json, value, node.children[next], places, wantEnd || !last);
        if (last && !wantEnd) {
          return at;
        }
        next++;
      } else {
        at = JsonScanner.valueEnd(json, value);
      }
      if (json[at] == ',') {
        at++;
      }
    }
    return at + 1;
  }

  /**
   * The order of a name in the text and a wanted name. A name with an escape is none that is
   * wanted, and its escaped text says nothing about its order: it passes for a smaller one.
   */
  private static int compare(byte[] json, int start, int end, byte[] wanted) {
    int order = Arrays.compareUnsigned(json, start, end, wanted, 0, wanted.length);
    if (order > 0) {
      for (int i = start; i < end; i++) {
        if (json[i] == '\\') {
          return -1;
        }
      }
    }
    return order;
  }

  private static int readField(byte[] json, int at, Node node, int[] places, boolean wantEnd) {
    if (node.slots.length == 0) {
      return json[at] == '{'
          ? readObject(json, at, node, places, wantEnd)
          : JsonScanner.valueEnd(json, at);
    }
    int end = JsonScanner.valueEnd(json, at);
    for (int slot : node.slots) {
      places[2 * slot] = at;
      places[2 * slot + 1] = end;
    }
    if (node.names.length > 0 && json[at] == '{') {
      readObject(json, at, node, places, false);
    }
    return end;
  }

  /** One step of the trie: its names sorted by bytes, with what follows each. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Node(int[] slots, byte[][] names, Node[] children) {}

  private static final class Building {
    final Map<String, Building> children = new TreeMap<>();
    final List<Integer> slots = new ArrayList<>(1);

    Node build() {
      byte[][] names = new byte[children.size()][];
      Node[] nodes = new Node[names.length];
      int i = 0;
      for (Map.Entry<String, Building> child : children.entrySet()) {
        names[i] = child.getKey().getBytes(StandardCharsets.US_ASCII);
        nodes[i++] = child.getValue().build();
      }
      int[] slotArray =
          slots.isEmpty() ? NO_SLOTS : slots.stream().mapToInt(Integer::intValue).toArray();
      return new Node(slotArray, names, nodes);
    }
  }
}
