package dev.freshet.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.freshet.app.InstanceCredentials;
import dev.freshet.app.KeyBroker;
import dev.freshet.values.Clock;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A server in a process of its own, as a user runs it, that can be killed and started again on the
 * same directory and ports. Confined to one thread.
 */
final class ServerProcess implements AutoCloseable {
  private static final String NAME = "proof";
  private static final String SECRET = "5e".repeat(32);
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Path directory;
  private final List<String> javaOptions;
  private final int port = freePort();
  private final int sitePort = freePort();
  private final List<ProcessHandle> orphans = new ArrayList<>();
  private @Nullable Process process;
  private @Nullable BufferedReader output;

  /**
   * @param directory for the data and the log
   */
  ServerProcess(Path directory, String... javaOptions) {
    this.directory = directory;
    this.javaOptions = List.of(javaOptions);
  }

  private static int freePort() {
    try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return probe.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String adminKey() {
    return new KeyBroker(InstanceCredentials.of(NAME, SECRET), Clock.system(), new SecureRandom())
        .issueAdminKey();
  }

  WireApi api() {
    return new WireApi("127.0.0.1:" + port);
  }

  /** Starts the process; {@link #awaitReady} tells when it serves. */
  void start() throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of("--enable-native-access=ALL-UNNAMED", "-XX:TieredStopAtLevel=1", "-Xshare:auto"));
    command.addAll(List.of("-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError"));
    command.addAll(javaOptions);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(List.of("serve", "--data-dir", directory.resolve("data").toString()));
    command.addAll(List.of("--instance-name", NAME, "--instance-secret", SECRET));
    command.addAll(List.of("--port", String.valueOf(port)));
    command.addAll(List.of("--site-proxy-port", String.valueOf(sitePort)));
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.appendTo(log().toFile()));
    ProofApp.PATIENT_LIMITS.forEach(
        (limit, value) -> builder.environment().put(limit.name(), value.toString()));
    process = builder.start();
    output = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
  }

  void awaitReady() throws IOException {
    CompletableFuture<Process> watchdog =
        CompletableFuture.supplyAsync(
            requireNonNull(process)::destroyForcibly,
            CompletableFuture.delayedExecutor(PATIENCE.toSeconds(), TimeUnit.SECONDS));
    String line = requireNonNull(output).readLine(); // null when the process ends
    watchdog.cancel(false);
    assertThat(line).as("%s", logTail()).isEqualTo("ready on http://127.0.0.1:" + port);
  }

  void startAndAwait() throws IOException {
    start();
    awaitReady();
  }

  /** Lets the server run for a while; it may not end by itself. */
  void run(long millis) throws InterruptedException, IOException {
    boolean ended = requireNonNull(process).waitFor(millis, TimeUnit.MILLISECONDS);
    assertThat(ended).as("the server ended by itself: %s", logTail()).isFalse();
  }

  /** SIGKILL. What the server had started must end too, see {@link #awaitNoOrphans}. */
  void kill() throws InterruptedException {
    Process running = requireNonNull(process);
    List<ProcessHandle> children = running.descendants().toList();
    running.destroyForcibly();
    assertThat(running.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    orphans.addAll(children);
    process = null;
  }

  /** No process outlives the server that started it. */
  void awaitNoOrphans() {
    await("the end of the processes that killed servers had started: " + orphans)
        .atMost(PATIENCE)
        .until(() -> orphans.stream().noneMatch(ProcessHandle::isAlive));
    orphans.clear();
  }

  /** The processes that run functions. */
  List<ProcessHandle> children() {
    return requireNonNull(process).descendants().toList();
  }

  private Path log() {
    return directory.resolve("server.log");
  }

  private String logTail() throws IOException {
    List<String> lines = Files.exists(log()) ? Files.readAllLines(log()) : List.of();
    return String.join("\n", lines.subList(Math.max(0, lines.size() - 40), lines.size()));
  }

  @Override
  public void close() throws InterruptedException {
    if (process != null) {
      kill();
    }
    awaitNoOrphans();
  }
}
