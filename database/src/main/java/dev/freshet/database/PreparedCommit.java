package dev.freshet.database;

/**
 * A finished transaction on its way to the committer: what it read and what it will write are known
 * now.
 */
public final class PreparedCommit {
  private final Transaction transaction;
  private final CommitRequest request;

  PreparedCommit(Transaction transaction, CommitRequest request) {
    this.transaction = transaction;
    this.request = request;
  }

  Transaction transaction() {
    return transaction;
  }

  CommitRequest request() {
    return request;
  }

  /** Whether there is nothing to write: such a commit can't lose. */
  public boolean isEmpty() {
    return request.isEmpty();
  }

  public ReadSet reads() {
    return request.reads;
  }

  /** Whether it writes something that somebody has read. */
  public boolean writesInto(ReadSet reads) {
    return request.writesInto(reads);
  }

  /** Whether it read what an earlier conflict was about: {@link ConflictException#contended}. */
  public boolean reads(Object contended) {
    return request.reads.touches(contended);
  }

  /**
   * Whether it writes what an earlier conflict was about, or changes the very interval that it read
   * it in: two such can't both commit.
   */
  public boolean changes(Object contended) {
    return contended instanceof Conflicts.Contended(long index, byte[] key)
        && request.changesWhatItReadAt(index, key);
  }
}
