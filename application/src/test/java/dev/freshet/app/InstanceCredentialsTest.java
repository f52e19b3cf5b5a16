package dev.freshet.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.values.FreshetException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InstanceCredentialsTest {
  @TempDir private Path directory;

  @Test
  void makesUpASecretOnceAndKeepsItPrivate() throws IOException {
    InstanceCredentials first = InstanceCredentials.open(directory, null, null, new Random(1));
    InstanceCredentials second = InstanceCredentials.open(directory, null, null, new Random(2));
    assertThat(second.secret()).isEqualTo(first.secret());
    assertThat(second.name()).isEqualTo(first.name()).isEqualTo("convex-self-hosted");
    Path credentials = directory.resolve("credentials");
    assertThat(credentials.resolve("instance_secret")).content().matches("[0-9a-f]{64}\n");
    for (String file : new String[] {"instance_name", "instance_secret"}) {
      assertThat(Files.getPosixFilePermissions(credentials.resolve(file)))
          .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    }
  }

  @Test
  void processesThatStartAtOnceAgreeOnOneSecret() throws Exception {
    for (int round = 0; round < 20; round++) {
      Path fresh = directory.resolve("round" + round);
      CyclicBarrier start = new CyclicBarrier(8);
      List<Future<InstanceCredentials>> opened = new ArrayList<>();
      try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
        for (int i = 0; i < 8; i++) {
          Random random = new Random(i);
          opened.add(
              threads.submit(
                  () -> {
                    start.await();
                    return InstanceCredentials.open(fresh, null, null, random);
                  }));
        }
      }
      InstanceCredentials kept = InstanceCredentials.open(fresh, null, null, new Random(99));
      for (Future<InstanceCredentials> one : opened) {
        assertThat(one.get().secret()).isEqualTo(kept.secret());
      }
      assertThat(fresh.resolve("credentials").toFile().list())
          .containsExactlyInAnyOrder("instance_name", "instance_secret");
    }
  }

  @Test
  void theConfigurationCountsMoreThanTheDirectory() throws IOException {
    InstanceCredentials.open(directory, null, null, new Random(1));
    InstanceCredentials given =
        InstanceCredentials.open(directory, "happy-otter-1", "0A".repeat(32), new Random(2));
    assertThat(given.name()).isEqualTo("happy-otter-1");
    assertThat(given.secret()).containsOnly(10).hasSize(32);
  }

  @Test
  void refusesASecretThatIsNoneWithoutRepeatingIt() {
    assertThatThrownBy(() -> InstanceCredentials.of("a", "hunter2"))
        .isInstanceOf(FreshetException.class)
        .hasMessageNotContaining("hunter2");
    assertThatThrownBy(() -> InstanceCredentials.of("A|b", "00".repeat(32)))
        .isInstanceOf(FreshetException.class);
  }
}
