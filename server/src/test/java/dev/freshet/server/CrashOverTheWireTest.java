package dev.freshet.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.freshet.server.LedgerLoad.Client;
import dev.freshet.server.LedgerLoad.HttpClient;
import dev.freshet.server.LedgerLoad.SocketClient;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ObjectNode;

/**
 * Kills a server again and again while clients write, and looks whether anything was lost, done
 * twice or done by half.
 */
class CrashOverTheWireTest {
  private static final int SOCKETS = 5;
  private static final int HTTP_CLIENTS = 4;

  /** Longest time that a server works before it is killed. */
  private static final int MAX_WORK_MILLIS = 1_200;

  /** How many kills there are for one of a server that is still starting. */
  private static final int KILLS_PER_EARLY_KILL = 8;

  @TempDir private Path directory;
  private final ServerGate gate = new ServerGate();
  private final Witness witness = new Witness();
  private final List<Client> clients = new ArrayList<>();

  @Test
  void killedServersKeepEveryAcknowledgedMutationExactlyOnce() throws Exception {
    killAndCheck(20, new Random().nextLong());
  }

  @Test
  @Tag("long")
  void manyKilledServersLoseNothingEither() throws Exception {
    killAndCheck(100, new Random().nextLong());
  }

  private void killAndCheck(int rounds, long seed) throws Exception {
    Random random = new Random(seed);
    try (ServerProcess server = new ServerProcess(directory);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      server.startAndAwait();
      ProofApp.push(server.api(), ServerProcess.adminKey());
      gate.up();
      List<Future<Integer>> running = startClients(server.api(), random, threads);
      try {
        for (int round = 0; round < rounds; round++) {
          server.run(50 + random.nextInt(MAX_WORK_MILLIS));
          checkClients(running);
          killAndRestart(server, random);
        }
      } catch (Throwable e) {
        gate.stop();
        throw new AssertionError("seed " + seed, e);
      }
      gate.stop();
      int entered = 0;
      for (Future<Integer> client : running) {
        entered += client.get();
      }
      checkLedgers(server.api());
      report(rounds, seed, entered);
    }
  }

  private List<Future<Integer>> startClients(WireApi api, Random random, ExecutorService threads) {
    for (int i = 0; i < SOCKETS; i++) {
      clients.add(
          new SocketClient(api, gate, witness, "socket" + i, new Random(random.nextLong())));
    }
    for (int i = 0; i < HTTP_CLIENTS; i++) {
      clients.add(new HttpClient(api, gate, "http" + i, new Random(random.nextLong())));
    }
    return clients.stream().map(threads::submit).toList();
  }

  private void killAndRestart(ServerProcess server, Random random)
      throws IOException, InterruptedException {
    gate.down();
    server.kill();
    if (random.nextInt(KILLS_PER_EARLY_KILL) == 0) {
      server.start();
      server.run(random.nextInt(1_500));
      server.kill();
    }
    server.startAndAwait();
    gate.up();
    server.awaitNoOrphans();
  }

  private static void checkClients(List<Future<Integer>> running)
      throws ExecutionException, InterruptedException {
    for (Future<Integer> client : running) {
      if (client.isDone()) {
        client.get();
      }
    }
  }

  private void checkLedgers(WireApi api) throws IOException, InterruptedException {
    long shared = 0;
    for (Client client : clients) {
      shared += client.check();
    }
    ObjectNode args = WireApi.MAPPER.createObjectNode().put("account", LedgerLoad.SHARED);
    assertThat(api.call("query", "ledger:balance", args).longValue())
        .as("entries count in both accounts or in none")
        .isEqualTo(shared);
  }

  /** What the run was like; it is worth nothing if no answer was ever lost. */
  private void report(int rounds, long seed, int entered) {
    int resent = 0;
    int answeredTwice = 0;
    int unknown = 0;
    for (Client client : clients) {
      unknown += client.unknown.size();
      if (client instanceof SocketClient socket) {
        resent += socket.client().resent();
        answeredTwice += socket.client().answeredTwice();
      }
    }
    System.out.printf(
        "%d kills (seed %d): %d entries, %d sent again, %d of them answered before, %d unknown%n",
        rounds, seed, entered, resent, answeredTwice, unknown);
    assertThat(entered).isGreaterThan(rounds);
    assertThat(resent).isPositive();
    assertThat(unknown).isPositive();
  }

  @Test
  void aFunctionThatNeverEndsDoesNotOutliveItsServer() throws Exception {
    try (ServerProcess server = new ServerProcess(directory);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      server.startAndAwait();
      ProofApp.push(server.api(), ServerProcess.adminKey());
      Future<?> spinning =
          threads.submit(
              () -> server.api().call("query", "ledger:spin", WireApi.MAPPER.createObjectNode()));
      await("a process that computes")
          .until(
              () ->
                  server.children().stream()
                      .anyMatch(
                          child -> child.info().totalCpuDuration().orElseThrow().toMillis() > 700));
      assertThat(spinning.isDone()).isFalse();
      server.kill();
    }
  }
}
