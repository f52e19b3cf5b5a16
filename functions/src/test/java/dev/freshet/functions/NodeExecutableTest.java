package dev.freshet.functions;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@DisabledOnOs(OS.WINDOWS)
class NodeExecutableTest {
  @TempDir Path directory;

  private Path script(String name, String text) throws IOException {
    Path script = Files.writeString(directory.resolve(name), "#!/bin/sh\n" + text + "\n");
    return Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
  }

  @Test
  void isAskedWhatItIsOnceForAsLongAsItIsThere() throws IOException {
    Path real = script("real", "");
    Path asked = directory.resolve("asked");
    NodeExecutable node =
        NodeExecutable.at(script("node", "echo >> " + asked + "; echo v22.1.0 7 " + real));

    assertThat(node.installation())
        .isEqualTo(new NodeInstallation(real.toString(), 22, 1, 7 << 10))
        .isSameAs(node.installation());
    assertThat(asked).content().hasLineCount(1);

    Files.delete(real);
    node.installation();
    assertThat(asked).content().hasLineCount(2);
  }
}
