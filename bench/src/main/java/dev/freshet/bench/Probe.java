package dev.freshet.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A {@link ProbedServer} and what it tells. */
final class Probe implements AutoCloseable {
  private static final byte[] NOTHING = new byte[0];

  private final ServerProcess server;
  private final int port;

  private Probe(ServerProcess server, int port) {
    this.server = server;
    this.port = port;
  }

  /** Starts one with the bench app pushed. */
  static Probe start(Setting setting, String name, List<String> javaOptions)
      throws IOException, InterruptedException {
    int port = ServerProcess.freePort();
    Path data = Files.createDirectories(setting.directory().resolve(name));
    List<String> options = new java.util.ArrayList<>(javaOptions);
    options.add("-D" + ProbedServer.PORT + "=" + port);
    ServerProcess server = ServerProcess.start(ProbedServer.class, data, options);
    try {
      server.push(setting.app());
      return new Probe(server, port);
    } catch (IOException | InterruptedException | RuntimeException e) {
      server.close();
      throw e;
    }
  }

  ServerProcess server() {
    return server;
  }

  /** The second port. */
  int port() {
    return port;
  }

  /** How many functions have run so far. */
  long runs() throws IOException {
    return Long.parseLong(ask("/runs", NOTHING));
  }

  /** The bytes of the server's heap that are in use, after a collection. */
  long heapBytes() throws IOException {
    return Long.parseLong(ask("/heap", NOTHING));
  }

  private String ask(String path, byte[] body) throws IOException {
    try (HttpConnection connection = new HttpConnection(port, "")) {
      return connection.post(path, body).text();
    }
  }

  @Override
  public void close() {
    server.close();
  }
}
