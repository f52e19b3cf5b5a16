package dev.freshet.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.freshet.functions.CompiledModule;
import dev.freshet.functions.FunctionModule;
import dev.freshet.functions.ModuleEnvironment;
import dev.freshet.storage.blob.DirectoryBlobStore;
import java.lang.ref.WeakReference;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What stays in memory of the modules that are pushed. */
class ModuleStoreTest {
  private static final int LARGE = 9 << 20;

  @TempDir Path directory;
  private final ScriptedRunner compiler = new ScriptedRunner();

  private ModuleStore open() {
    return new ModuleStore(DirectoryBlobStore.open(directory), compiler);
  }

  private static PushedModule module(String path, int size) {
    return new PushedModule(path, "x".repeat(size), null, ModuleEnvironment.ISOLATE);
  }

  @Test
  void isCompiledAgainOnlyWhenMuchHasComeMeanwhile() {
    ModuleStore store = open();
    store.compile(List.of(module("a.js", LARGE)));
    store.compile(List.of(module("a.js", LARGE), module("b.js", LARGE)));
    assertThat(compiler.compiled).containsExactly("a.js", "b.js");
    store.compile(List.of(module("c.js", LARGE)));
    store.compile(List.of(module("d.js", LARGE)));
    store.compile(List.of(module("d.js", LARGE), module("b.js", LARGE)));
    store.compile(List.of(module("a.js", LARGE)));
    assertThat(compiler.compiled).containsExactly("a.js", "b.js", "c.js", "d.js", "a.js");
  }

  @Test
  void theCodeOfAPushIsForgottenThoughRunnersRememberItsModules() {
    List<ModuleStore.Compiled> pushed = open().compile(List.of(module("a.js", 10)));
    WeakReference<CompiledModule> code = new WeakReference<>(pushed.getFirst().code());
    FunctionModule remembered = pushed.getFirst().functionModule();
    assertThat(remembered.code().get()).isSameAs(pushed.getFirst().code());
    pushed = List.of(); // and the store is gone
    await()
        .until(
            () -> {
              System.gc();
              return code.get() == null;
            });
    assertThat(remembered.path()).isEqualTo("a.js");
    assertThat(pushed).isEmpty();
  }
}
