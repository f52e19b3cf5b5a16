package dev.freshet.values;

import dev.freshet.values.Value.ObjectValue;

/**
 * What the documents of a table look like, kept while they come and go (spec 40 §12.1). Confined to
 * one thread at a time.
 *
 * <p>Design. For every place in the documents (a field, the elements of an array, the keys and the
 * values of a record) a node counts how many values of each type there are. Counts of single
 * documents add up, so documents can be taken away again, and the order doesn't matter: what is
 * kept up with is equal to what would be counted from the start. Only two things have a memory, so
 * that the tree stays small: a place whose objects had very many different fields remains one of
 * records, and a table with very many places is {@link #isTooManifold} for good.
 */
public final class ShapeCounts {
  private static final int MAX_NODES = 10_000;
  private static final ObjectValue TOO_MANIFOLD =
      ObjectValue.EMPTY.with("tooManifold", Value.of(true));

  private int nodes;
  private ShapeNode root = new ShapeNode(this);

  ShapeNode node() {
    if (++nodes > MAX_NODES) {
      throw new TooManifoldException();
    }
    return new ShapeNode(this);
  }

  void forget(int count) {
    nodes -= count;
  }

  private static final class TooManifoldException extends RuntimeException {
    private static final long serialVersionUID = 1;

    TooManifoldException() {
      super(null, null, false, false);
    }
  }

  /** Whether counting was given up. */
  public boolean isTooManifold() {
    return nodes > MAX_NODES;
  }

  /** How many documents were counted. */
  public long documents() {
    return root.total;
  }

  /** Counts a document. */
  public void add(ObjectValue document) {
    count(document, 1);
  }

  /**
   * Takes a document away that was counted.
   *
   * @throws IllegalStateException if it can't have been
   */
  public void remove(ObjectValue document) {
    count(document, -1);
  }

  private void count(ObjectValue document, long by) {
    if (isTooManifold()) {
      return;
    }
    try {
      root.add(document, by);
    } catch (TooManifoldException e) {
      nodes = MAX_NODES + 1;
      root = new ShapeNode(new ShapeCounts());
    }
  }

  /** The shape of the documents. */
  public Shape shape(TableNames tables) {
    return isTooManifold() ? new Shape.Unknown() : ShapeReduction.of(root, tables);
  }

  /**
   * Whether all documents, without their system fields, are known to satisfy a validator; false
   * also when that can't be told from the counts.
   */
  public boolean isSubsetOf(Validator validator, TableNames tables) {
    return !isTooManifold() && new ShapeSubset(tables).holdsDocuments(root, validator);
  }

  /** A stored form. */
  public ObjectValue write() {
    return isTooManifold() ? TOO_MANIFOLD : root.write();
  }

  /** The counts of a {@link #write stored form}. */
  public static ShapeCounts read(ObjectValue stored) {
    ShapeCounts counts = new ShapeCounts();
    if (stored.equals(TOO_MANIFOLD)) {
      counts.nodes = MAX_NODES + 1;
      return counts;
    }
    try {
      counts.root.read(stored);
    } catch (TooManifoldException e) {
      counts.root = new ShapeNode(counts);
    }
    return counts;
  }
}
