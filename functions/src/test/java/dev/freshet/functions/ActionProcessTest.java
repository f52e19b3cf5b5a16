package dev.freshet.functions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.freshet.values.FreshetException;
import dev.freshet.values.Limits;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@DisabledOnOs(OS.WINDOWS)
class ActionProcessTest {
  @TempDir Path directory;

  @Test
  void oneThatGreetsWrongIsEnded() throws Exception {
    Path pid = directory.resolve("pid");
    String script =
        "echo $$ > " + pid + "; printf '\\005\\0\\0\\0\\002\\0\\0\\0\\0'; exec sleep 1003";
    NodeInstallation shell = new NodeInstallation("/bin/sh", 22, 0, 0);
    ProcessCommand command =
        new ProcessCommand(
            shell, 0, false, List.of("-c", script), Map.of("PATH", System.getenv("PATH")), null);
    try (OrphanGuard guard = new OrphanGuard()) {
      assertThatThrownBy(
              () -> ActionProcess.start(command, Limits.defaults(), guard, 1 << 20, "", _ -> {}))
          .isInstanceOf(FreshetException.class)
          .hasMessageContaining("another version");
      long process = Long.parseLong(Files.readString(pid).strip());
      assertThat(process).isPositive();
      await()
          .until(
              () -> ProcessHandle.of(process).map(ProcessHandle::isAlive).orElse(false), is -> !is);
    }
  }
}
