package dev.freshet.testkit;

import dev.freshet.storage.IndexScan;
import dev.freshet.storage.TableScan;
import dev.freshet.values.InternalId;
import java.util.Random;

/** Random intervals, orders and page sizes. */
record RandomScans(Random random, RandomCommits commits) {
  IndexScan index(RandomCommits.Index index, long at) {
    byte[] start = random.nextInt(3) == 0 ? new byte[0] : bound(index);
    byte[] end = random.nextInt(3) == 0 ? null : bound(index);
    return new IndexScan(
        index.number(), index.table(), start, end, random.nextBoolean(), rows(), bytes(), at);
  }

  TableScan table(long at) {
    InternalId start = random.nextInt(3) == 0 ? null : commits.anyId();
    InternalId end = random.nextInt(3) == 0 ? null : commits.anyId();
    return new TableScan(
        1 + random.nextInt(2), start, end, random.nextBoolean(), rows(), bytes(), at);
  }

  private byte[] bound(RandomCommits.Index index) {
    return index.key(new byte[] {1, (byte) random.nextInt()}, commits.anyId());
  }

  private int rows() {
    return random.nextInt(4) == 0 ? Integer.MAX_VALUE : 1 + random.nextInt(6);
  }

  private long bytes() {
    return random.nextInt(4) == 0 ? random.nextInt(100) : Long.MAX_VALUE;
  }
}
