package dev.freshet.functions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.freshet.values.FreshetException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModuleFilesTest {
  private static final int ROOM = 1000;
  private final ModuleFiles files = new ModuleFiles(ROOM);

  @AfterEach
  void close() {
    files.close();
    assertThat(files.directory()).doesNotExist();
  }

  private static FunctionModule module(
      ModuleEnvironment environment, String hash, Supplier<CompiledModule> code) {
    return new FunctionModule(hash + ".js", hash, environment, code);
  }

  private static FunctionModule module(ModuleEnvironment environment, String hash, int size) {
    return module(environment, hash, () -> new CompiledModule("x".repeat(size), null));
  }

  private static ModuleSet contexts(FunctionModule... modules) {
    return ModuleSet.of(List.of(modules));
  }

  private static FunctionModule isolate(String hash, int size) {
    return module(ModuleEnvironment.ISOLATE, hash, size);
  }

  private Path script(String hash) {
    return files.directory().resolve(hash + ".js");
  }

  @Test
  void staysWhileItIsUsedAndAfterwardsWhileThereIsRoom() {
    ModuleFiles.Use first = files.ofContexts(contexts(isolate("a", 600)));
    ModuleFiles.Use second = files.ofContexts(contexts(isolate("b", 600)));
    assertThat(script("a")).exists();
    second.close();
    assertThat(script("b")).as("more than there is room for, and unused").doesNotExist();
    first.close();
    assertThat(script("a")).exists();

    files.ofContexts(contexts(isolate("c", 100))).close();
    assertThat(script("a")).exists();
    files.ofContexts(contexts(isolate("d", 500))).close();
    assertThat(script("a")).as("the longest unused").doesNotExist();
    assertThat(script("c")).exists();
    assertThat(script("d")).exists();
  }

  @Test
  void givesBackAUseOnlyOnce() {
    ModuleSet modules = contexts(isolate("a", ROOM + 1));
    ModuleFiles.Use twice = files.ofContexts(modules);
    try (ModuleFiles.Use _ = files.ofContexts(modules)) {
      twice.close();
      twice.close();
      assertThat(script("a")).exists();
    }
    assertThat(script("a")).doesNotExist();
  }

  @Test
  void whatAnotherSetHoldsStays() {
    FunctionModule common = isolate("common", 10);
    try (ModuleFiles.Use _ = files.ofContexts(contexts(common, isolate("a", 10)))) {
      files.ofContexts(contexts(common, isolate("b", ROOM))).close();
      assertThat(script("b")).doesNotExist();
      assertThat(script("common")).exists();
    }
  }

  @Test
  void isWrittenAgainWhenItIsNeededAgain() {
    ModuleSet modules = contexts(isolate("a", ROOM + 1));
    files.ofContexts(modules).close();
    assertThat(script("a")).doesNotExist();
    try (ModuleFiles.Use _ = files.ofContexts(modules)) {
      assertThat(script("a")).hasSize(ROOM + 1);
    }
  }

  @Test
  void modulesForNodeStandBesideTheirPackagesUntilNobodyUsesThem(@TempDir Path packages)
      throws IOException {
    Files.writeString(packages.resolve("there"), "");
    ModuleSet modules = contexts(module(ModuleEnvironment.NODE, "deep/er", ROOM));
    Path with;
    try (ModuleFiles.Use use = files.ofNode(modules, packages);
        ModuleFiles.Use again = files.ofNode(modules, packages);
        ModuleFiles.Use without = files.ofNode(modules, null)) {
      with = use.directory();
      assertThat(again.directory()).isEqualTo(with);
      assertThat(with.resolve("deep/er.js")).exists();
      assertThat(with.resolve("node_modules/there")).exists();
      assertThat(without.directory()).isNotEqualTo(with);
      assertThat(without.directory().resolve("node_modules")).doesNotExist();
    }
    assertThat(with).doesNotExist();
    assertThat(packages.resolve("there")).exists();
  }

  @Test
  void nobodyUsesASetBeforeAllOfItIsWritten() throws Exception {
    CountDownLatch slow = new CountDownLatch(1);
    Supplier<CompiledModule> code =
        () -> {
          try {
            slow.await();
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
          return new CompiledModule("x", null);
        };
    ModuleSet modules = contexts(module(ModuleEnvironment.ISOLATE, "a", code));
    List<FutureTask<Boolean>> users =
        List.of(new FutureTask<>(() -> seen(modules)), new FutureTask<>(() -> seen(modules)));
    List<Thread> threads = users.stream().map(user -> Thread.ofPlatform().start(user)).toList();
    for (Thread thread : threads) {
      await()
          .until(
              () ->
                  thread.getState() == Thread.State.WAITING
                      || thread.getState() == Thread.State.TERMINATED);
    }
    slow.countDown();
    for (FutureTask<Boolean> user : users) {
      assertThat(user.get()).isTrue();
    }
  }

  private boolean seen(ModuleSet modules) {
    try (ModuleFiles.Use _ = files.ofContexts(modules)) {
      return Files.exists(script("a"));
    }
  }

  @Test
  void whatCouldNotBeWrittenIsTriedAgain() {
    AtomicInteger asked = new AtomicInteger();
    Supplier<CompiledModule> code =
        () -> {
          if (asked.incrementAndGet() == 1) {
            throw new UncheckedIOException(new IOException("no disk"));
          }
          return new CompiledModule("x", null);
        };
    ModuleSet modules = contexts(isolate("a", 1), module(ModuleEnvironment.ISOLATE, "b", code));
    assertThatThrownBy(() -> files.ofContexts(modules))
        .isInstanceOf(FreshetException.class)
        .hasRootCauseMessage("no disk");
    assertThat(script("a")).doesNotExist();
    try (ModuleFiles.Use _ = files.ofContexts(modules)) {
      assertThat(script("a")).exists();
      assertThat(script("b")).exists();
    }
  }
}
