package dev.freshet.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.server.ListTransactions.Begun;
import dev.freshet.testkit.History.Outcome;
import dev.freshet.testkit.HistoryChecker;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * Kills of a server leave the history of its transactions strictly serializable: what anyone has
 * read stays, what was acknowledged stays, and a transaction whose answer was lost has happened
 * once or never.
 */
@Tag("long")
class CrashedHistoryTest {
  private static final int CLIENTS = 3;
  private static final int KILLS = 20;

  @TempDir private Path directory;
  private final ServerGate gate = new ServerGate();
  private final ListTransactions transactions = new ListTransactions();

  @Test
  void killsDoNotDisturbTheOrderOfTransactions() throws Exception {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    try (ServerProcess server = new ServerProcess(directory);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      server.startAndAwait();
      ProofApp.push(server.api(), ServerProcess.adminKey());
      gate.up();
      List<Future<?>> clients = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        String name = "client " + i;
        Random own = new Random(random.nextLong());
        Random other = new Random(random.nextLong());
        clients.add(threads.submit(() -> writeOverHttp(server.api(), "http " + name, own)));
        clients.add(threads.submit(() -> writeOverSocket(server.api(), name, other)));
      }
      try {
        for (int kill = 0; kill < KILLS; kill++) {
          server.run(300 + random.nextInt(1_500));
          gate.down();
          server.kill();
          server.startAndAwait();
          gate.up();
        }
      } finally {
        gate.stop();
      }
      for (Future<?> client : clients) {
        client.get();
      }
    } catch (Throwable e) {
      throw new AssertionError("seed " + seed, e);
    }
    assertThat(HistoryChecker.check(transactions.history())).as("seed %d", seed).isEmpty();
    assertThat(transactions.history().transactions())
        .anyMatch(transaction -> transaction.outcome() == Outcome.UNKNOWN);
  }

  private Void writeOverHttp(WireApi api, String name, Random random) throws InterruptedException {
    while (!gate.isStopped()) {
      gate.awaitUp();
      Begun begun = transactions.begin(name, random);
      try {
        begun.returned(api.call("mutation", "lists:run", begun.args()));
      } catch (WireApi.CallFailed e) {
        begun.threw();
      } catch (IOException e) {
        begun.vanished();
      }
    }
    return null;
  }

  /** Repeats a transaction until it is known what became of it. */
  private Void writeOverSocket(WireApi api, String name, Random random)
      throws InterruptedException {
    SyncTestClient client = new SyncTestClient(api, new Witness());
    Begun begun = transactions.begin(name, random);
    boolean sent = false;
    int server = 0;
    while (!gate.isStopped() || client.hasPending()) {
      try {
        if (!client.isConnected()) {
          server = gate.awaitUp();
          client.connect();
        }
        if (!sent) {
          sent = true;
          client.mutate("lists:run", begun.args());
        }
        ended(begun, client.settle().getFirst());
        begun = transactions.begin(name, random);
        sent = false;
      } catch (IOException e) {
        gate.expectKilled(server, e);
        client.disconnected();
      }
    }
    client.disconnected();
    return null;
  }

  private static void ended(Begun begun, JsonNode response) {
    if (response.path("success").booleanValue()) {
      begun.returned(response.path("result"));
    } else {
      assertThat(response.path("result").stringValue()).contains("on purpose");
      begun.threw();
    }
  }
}
