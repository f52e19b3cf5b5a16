package dev.freshet.database;

/** Builds indexes and checks documents against pushed schemas. */
final class SchemaWorker implements AutoCloseable {
  SchemaWorker(Database database) {}

  void start() {}

  void signal() {}

  @Override
  public void close() {}
}
