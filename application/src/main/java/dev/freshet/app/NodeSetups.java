package dev.freshet.app;

import dev.freshet.database.Transaction;
import dev.freshet.functions.NodeSetup;

/** What the deployed app's Node actions need besides their code. Thread-safe. */
interface NodeSetups {
  /** A setup whose packages stay in place until it is closed. */
  interface Lease extends AutoCloseable {
    NodeSetup setup();

    @Override
    void close();
  }

  Lease lease(Transaction transaction);

  /** The server's own Node.js and no packages. */
  static NodeSetups plain() {
    Lease lease =
        new Lease() {
          @Override
          public NodeSetup setup() {
            return NodeSetup.PLAIN;
          }

          @Override
          public void close() {}
        };
    return _ -> lease;
  }
}
