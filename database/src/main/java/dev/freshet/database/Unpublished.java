package dev.freshet.database;

import dev.freshet.values.InternalId;
import java.util.Arrays;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Commits that have their timestamps but may still fail, as a transaction sees them that was begun
 * on top of them ({@link Database#beginAhead}): all that follow its snapshot up to one of them.
 * What they wrote to users' tables lies over the snapshot; system tables are seen as in the
 * snapshot, and checked for conflicts as always. Immutable.
 */
final class Unpublished {
  static final Unpublished NOTHING = new Unpublished(List.of());

  private final List<Committer.Assigned> commits;

  private Unpublished(List<Committer.Assigned> commits) {
    this.commits = commits;
  }

  /**
   * @param assigned in the order of their timestamps
   * @param after the snapshot that they lie over
   * @param interest nothing is taken that comes after the last commit that wrote in here
   */
  static Unpublished of(List<Committer.Assigned> assigned, long after, ReadSet interest) {
    int from = 0;
    while (from < assigned.size() && assigned.get(from).timestamp() <= after) {
      from++;
    }
    int to = from;
    for (int i = from; i < assigned.size(); i++) {
      Committer.Assigned commit = assigned.get(i);
      if (commit.isDoomed() || !commit.request().catalogChanges.isEmpty()) {
        break;
      }
      if (commit.entry().firstIn(interest, true) >= 0) {
        to = i + 1;
      }
    }
    return from == to ? NOTHING : new Unpublished(List.copyOf(assigned.subList(from, to)));
  }

  boolean isEmpty() {
    return commits.isEmpty();
  }

  /** The newest of them; 0 if there is none. */
  long lastTimestamp() {
    return commits.isEmpty() ? 0 : commits.getLast().timestamp();
  }

  /** Whether a commit after the snapshot is one of them. */
  boolean contains(WriteLog.Entry entry) {
    return entry.timestamp <= lastTimestamp();
  }

  /** Whether one of them has failed: what was built on it must not stand. */
  boolean hasFailed() {
    for (Committer.Assigned commit : commits) {
      if (commit.entry().failed) {
        return true;
      }
    }
    return false;
  }

  /** By how much they change the number of a table's documents. */
  long countChange(long table) {
    long change = 0;
    for (Committer.Assigned commit : commits) {
      change += commit.request().countChanges.getOrDefault(table, 0L);
    }
    return change;
  }

  /** The newest state of a document that they wrote; null if they didn't. */
  WriteBuffer.@Nullable Overlaid document(long table, InternalId id) {
    WriteBuffer.Key key = new WriteBuffer.Key(table, id);
    for (int i = commits.size() - 1; i >= 0; i--) {
      for (WriteBuffer.Entry entry : commits.get(i).request().written) {
        if (entry.key.equals(key) && !entry.layout.table().isSystem()) {
          return now(commits.get(i), entry);
        }
      }
    }
    return null;
  }

  /** What an index of a user's table holds at the keys that they wrote. */
  NavigableMap<byte[], WriteBuffer.Overlaid> overlay(long index) {
    NavigableMap<byte[], WriteBuffer.Overlaid> overlay = new TreeMap<>(Arrays::compareUnsigned);
    for (Committer.Assigned commit : commits) {
      for (WriteBuffer.Entry entry : commit.request().written) {
        int place = entry.layout.table().isSystem() ? -1 : entry.layout.placeOf(index);
        if (place < 0) {
          continue;
        }
        if (entry.committedKeys != null) {
          overlay.put(entry.committedKeys[place], WriteBuffer.Overlaid.NOTHING);
        }
        if (entry.keys != null) {
          overlay.put(entry.keys[place], now(commit, entry));
        }
      }
    }
    return overlay;
  }

  private static WriteBuffer.Overlaid now(Committer.Assigned commit, WriteBuffer.Entry entry) {
    return entry.document == null
        ? WriteBuffer.Overlaid.NOTHING
        : new WriteBuffer.Overlaid(entry.document.committedAt(commit.timestamp()));
  }
}
