package dev.freshet.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.app.InstanceCredentials;
import dev.freshet.app.KeyBroker;
import dev.freshet.values.Clock;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** A server in a process of its own, on free ports and a data directory of its own. */
final class ServerProcess implements AutoCloseable {
  private static final String SECRET = "0".repeat(63) + "1";
  private static final String NAME = "freshet-bench";

  /** What the server gets of our environment: nothing that could configure it by accident. */
  private static final Set<String> ENVIRONMENT =
      Set.of("PATH", "HOME", "TMPDIR", "LANG", "FRESHET_NODE");

  private final Process process;
  private final int port;
  private final Path dataDirectory;

  private ServerProcess(Process process, int port, Path dataDirectory) {
    this.process = process;
    this.port = port;
    this.dataDirectory = dataDirectory;
  }

  /** Starts {@code mainClass serve} and waits until it accepts traffic. */
  static ServerProcess start(Class<?> mainClass, Path dataDirectory) throws IOException {
    return start(mainClass, dataDirectory, List.of());
  }

  /** The same with options of the Java virtual machine. */
  static ServerProcess start(Class<?> mainClass, Path dataDirectory, List<String> javaOptions)
      throws IOException {
    return start(mainClass, dataDirectory, javaOptions, Map.of());
  }

  /** The same with environment variables. */
  static ServerProcess start(
      Class<?> mainClass,
      Path dataDirectory,
      List<String> javaOptions,
      Map<String, String> environment)
      throws IOException {
    int port = freePort();
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"));
    String options = System.getenv("JAVA_OPTS");
    if (options != null && !options.isBlank()) {
      command.addAll(List.of(options.strip().split("\\s+")));
    }
    command.addAll(javaOptions);
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.addAll(List.of(mainClass.getName(), "serve", "--port", Integer.toString(port)));
    command.addAll(List.of("--site-proxy-port", Integer.toString(freePort())));
    command.addAll(List.of("--data-dir", dataDirectory.toString()));
    command.addAll(List.of("--instance-name", NAME, "--instance-secret", SECRET));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().keySet().retainAll(ENVIRONMENT);
    builder.environment().putAll(environment);
    builder.redirectError(dataDirectory.resolveSibling("server.log").toFile());
    Process process = builder.start();
    awaitReady(process, dataDirectory);
    return new ServerProcess(process, port, dataDirectory);
  }

  private static void awaitReady(Process process, Path dataDirectory) throws IOException {
    BufferedReader out = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
    for (String line = out.readLine(); line != null; line = out.readLine()) {
      if (line.startsWith("ready on ")) {
        Thread.ofVirtual().start(() -> drain(out));
        return;
      }
    }
    throw new IOException(
        "the server did not start; see " + dataDirectory.resolveSibling("server.log"));
  }

  private static void drain(BufferedReader out) {
    try {
      while (out.readLine() != null) {
        // The request log is of no use here; an unread pipe would block the server.
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  int port() {
    return port;
  }

  Path dataDirectory() {
    return dataDirectory;
  }

  CpuClock cpuClock() {
    return new CpuClock(process.toHandle());
  }

  /** Resident memory of the server without its runners, in bytes. */
  long residentBytes() throws IOException {
    return residentBytes(process.toHandle());
  }

  /** Resident memory of the runners, in bytes. */
  long runnersResidentBytes() throws IOException {
    long bytes = 0;
    for (ProcessHandle runner : process.descendants().toList()) {
      bytes += residentBytes(runner);
    }
    return bytes;
  }

  private static long residentBytes(ProcessHandle process) throws IOException {
    Process ps = new ProcessBuilder("ps", "-o", "rss=", "-p", Long.toString(process.pid())).start();
    String kib = new String(ps.getInputStream().readAllBytes(), UTF_8).strip();
    return kib.isEmpty() ? 0 : Long.parseLong(kib) * 1024;
  }

  /** Pushes an app with the real command line tool, installed in the app's folder. */
  void push(Path app) throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder(
            "npx", "convex", "deploy", "--typecheck", "disable", "--codegen", "disable");
    builder.directory(app.toFile());
    builder
        .environment()
        .putAll(
            Map.of(
                "CONVEX_SELF_HOSTED_URL",
                "http://127.0.0.1:" + port,
                "CONVEX_SELF_HOSTED_ADMIN_KEY",
                adminKey()));
    builder.redirectErrorStream(true);
    Process cli = builder.start();
    String output = new String(cli.getInputStream().readAllBytes(), UTF_8);
    if (cli.waitFor() != 0) {
      throw new IOException("the push failed:\n" + output);
    }
  }

  /** Of all servers that are started here. */
  static InstanceCredentials credentials() {
    return InstanceCredentials.of(NAME, SECRET);
  }

  private static String adminKey() {
    return new KeyBroker(credentials(), Clock.system(), new SecureRandom()).issueAdminKey();
  }

  static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(20, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
