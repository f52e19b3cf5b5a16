package dev.freshet.database;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Intervals of keys, each with the owner that is to be found by the keys inside: a treap ordered by
 * start (then by owner), in which every node knows the greatest end below it. Adding and removing
 * take O(log n), finding the k owners of a key O((k + 1) log n). Not thread-safe.
 *
 * @param <T> the owner; compared by identity
 */
final class IntervalTree<T extends Comparable<T>> {
  private static final class Node<T> {
    final byte[] start;
    final byte @Nullable [] end;
    final T owner;
    final int priority;
    byte @Nullable [] maxEnd;
    @Nullable Node<T> left;
    @Nullable Node<T> right;

    Node(byte[] start, byte @Nullable [] end, T owner, int priority) {
      this.start = start;
      this.end = end;
      this.maxEnd = end;
      this.owner = owner;
      this.priority = priority;
    }
  }

  private final SplittableRandom random = new SplittableRandom(0x5eed);
  private @Nullable Node<T> root;
  private int size;

  boolean isEmpty() {
    return size == 0;
  }

  int size() {
    return size;
  }

  /** Adds an interval; an owner adds intervals with the same start only once. */
  void add(byte[] start, byte @Nullable [] end, T owner) {
    root = insert(root, new Node<>(start, end, owner, random.nextInt()));
    size++;
  }

  /** Removes an interval that was added; does nothing if it isn't there. */
  void remove(byte[] start, T owner) {
    root = delete(root, start, owner);
  }

  /** Calls with the owner of each interval that contains the key. */
  void find(byte[] key, Consumer<T> found) {
    find(root, key, found);
  }

  private static <T> void find(@Nullable Node<T> node, byte[] key, Consumer<T> found) {
    if (node == null || !isBelow(key, node.maxEnd)) {
      return;
    }
    find(node.left, key, found);
    if (Arrays.compareUnsigned(node.start, key) <= 0) {
      if (isBelow(key, node.end)) {
        found.accept(node.owner);
      }
      find(node.right, key, found);
    }
  }

  private static boolean isBelow(byte[] key, byte @Nullable [] end) {
    return end == null || Arrays.compareUnsigned(key, end) < 0;
  }

  private int compare(byte[] start, T owner, Node<T> node) {
    int order = Arrays.compareUnsigned(start, node.start);
    return order != 0 ? order : owner.compareTo(node.owner);
  }

  private Node<T> insert(@Nullable Node<T> node, Node<T> added) {
    if (node == null) {
      return added;
    }
    if (compare(added.start, added.owner, node) < 0) {
      Node<T> left = insert(node.left, added);
      node.left = left;
      if (left.priority > node.priority) {
        node.left = left.right;
        left.right = node;
        update(node);
        return update(left);
      }
    } else {
      Node<T> right = insert(node.right, added);
      node.right = right;
      if (right.priority > node.priority) {
        node.right = right.left;
        right.left = node;
        update(node);
        return update(right);
      }
    }
    return update(node);
  }

  private @Nullable Node<T> delete(@Nullable Node<T> node, byte[] start, T owner) {
    if (node == null) {
      return null;
    }
    int order = compare(start, owner, node);
    if (order == 0) {
      size--;
      return merge(node.left, node.right);
    }
    if (order < 0) {
      node.left = delete(node.left, start, owner);
    } else {
      node.right = delete(node.right, start, owner);
    }
    return update(node);
  }

  private static <T> @Nullable Node<T> merge(@Nullable Node<T> left, @Nullable Node<T> right) {
    if (left == null) {
      return right;
    }
    if (right == null) {
      return left;
    }
    if (left.priority > right.priority) {
      left.right = merge(left.right, right);
      return update(left);
    }
    right.left = merge(left, right.left);
    return update(right);
  }

  private static <T> Node<T> update(Node<T> node) {
    byte[] max = node.end;
    if (max != null && node.left != null) {
      max = later(max, node.left.maxEnd);
    }
    if (max != null && node.right != null) {
      max = later(max, node.right.maxEnd);
    }
    node.maxEnd = max;
    return node;
  }

  private static byte @Nullable [] later(byte[] a, byte @Nullable [] b) {
    return b == null || Arrays.compareUnsigned(b, a) > 0 ? b : a;
  }
}
