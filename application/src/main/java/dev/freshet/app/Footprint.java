package dev.freshet.app;

import dev.freshet.database.PreparedCommit;

/** What one run of a mutation read and will write, as far as others can collide with it. */
interface Footprint {
  /** Whether it read what a conflict was about. */
  boolean reads(Object contended);

  /** Whether it is one of those that can't both commit, as they change what they read of it. */
  boolean changes(Object contended);

  /** Whether it writes something that the other one read. */
  boolean writesInto(Footprint other);

  /** That of a real commit. */
  record OfCommit(PreparedCommit commit) implements Footprint {
    @Override
    public boolean reads(Object contended) {
      return commit.reads(contended);
    }

    @Override
    public boolean changes(Object contended) {
      return commit.changes(contended);
    }

    @Override
    public boolean writesInto(Footprint other) {
      return other instanceof OfCommit(PreparedCommit read) && commit.writesInto(read.reads());
    }
  }
}
