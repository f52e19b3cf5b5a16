package dev.freshet.server;

import java.io.IOException;

/** Whether there is a server, for all clients of a test. Thread-safe. */
final class ServerGate {
  private boolean up;
  private boolean stopped;
  private int generation;

  synchronized void up() {
    up = true;
    generation++;
    notifyAll();
  }

  synchronized void down() {
    up = false;
  }

  synchronized void stop() {
    stopped = true;
    notifyAll();
  }

  synchronized boolean isStopped() {
    return stopped;
  }

  /** Waits for a server and returns its number. */
  synchronized int awaitUp() throws InterruptedException {
    while (!up) {
      if (stopped) {
        throw new IllegalStateException("there will be no server any more");
      }
      wait();
    }
    return generation;
  }

  /** Fails if this server was not killed: then it has hung up by itself. */
  synchronized void expectKilled(int server, IOException how) {
    if (up && generation == server) {
      throw new AssertionError("the server ended a connection by itself", how);
    }
  }
}
