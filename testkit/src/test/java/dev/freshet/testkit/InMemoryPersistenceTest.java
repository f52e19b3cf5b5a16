package dev.freshet.testkit;

import dev.freshet.storage.Persistence;

final class InMemoryPersistenceTest extends PersistenceContract {
  @Override
  protected Persistence open() {
    return new InMemoryPersistence();
  }

  @Override
  protected Persistence reopen(Persistence opened) {
    return opened;
  }
}
