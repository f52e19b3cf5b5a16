package dev.freshet.functions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.values.FreshetException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodeVersionsTest {
  private static final NodeInstallation OWN = NodeInstallation.find(null);
  private static final int OTHER = OWN.major() + 1;

  /** Something that answers as another version of Node does. */
  private static Path standIn(Path path, int major) throws Exception {
    Files.createDirectories(path.getParent());
    Files.writeString(path, "#!/bin/sh\necho \"v" + major + ".1.0 1000 " + path + "\"\n");
    assertThat(path.toFile().setExecutable(true)).isTrue();
    return path;
  }

  @Test
  void theServersOwnIsUsedWhenNoneOrItsVersionIsAsked() {
    NodeVersions versions = new NodeVersions(OWN, Map.of());
    assertThat(versions.get(null)).isEqualTo(OWN);
    assertThat(versions.get(OWN.major()).executable()).isEqualTo(OWN.executable());
  }

  @Test
  void theVariableComesBeforeThePathAndThePathBeforeNvm(@TempDir Path directory) throws Exception {
    Path named = standIn(directory.resolve("named/node"), OTHER);
    Path onPath = standIn(directory.resolve("bin/node" + OTHER), OTHER);
    Path nvm = directory.resolve(".nvm/versions/node");
    standIn(nvm.resolve("v" + OTHER + ".9.0/bin/node"), OTHER);
    Path newest = standIn(nvm.resolve("v" + OTHER + ".10.0/bin/node"), OTHER);
    Map<String, String> home = Map.of("HOME", directory.toString());
    assertThat(new NodeVersions(OWN, home).get(OTHER).executable()).isEqualTo(newest.toString());
    Map<String, String> path =
        Map.of("HOME", directory.toString(), "PATH", "/nowhere:" + directory.resolve("bin"));
    assertThat(new NodeVersions(OWN, path).get(OTHER).executable()).isEqualTo(onPath.toString());
    Map<String, String> variable =
        Map.of(
            "PATH", directory.resolve("bin").toString(), "FRESHET_NODE_" + OTHER, named.toString());
    assertThat(new NodeVersions(OWN, variable).get(OTHER).executable()).isEqualTo(named.toString());
  }

  @Test
  void oneThatIsMissingOrOfAnotherVersionIsRefusedAndFoundAsSoonAsItIsThere(@TempDir Path directory)
      throws Exception {
    Path named = directory.resolve("node");
    NodeVersions versions =
        new NodeVersions(OWN, Map.of("FRESHET_NODE_" + OTHER, named.toString()));
    assertThat(versions.has(OTHER)).isFalse();
    standIn(named, OTHER + 1);
    assertThatThrownBy(() -> versions.get(OTHER))
        .isInstanceOf(FreshetException.class)
        .hasMessageStartingWith("Deployment is not configured to deploy")
        .hasMessageContaining("FRESHET_NODE_" + OTHER);
    standIn(named, OTHER);
    assertThat(versions.has(OTHER)).isTrue();
    Files.delete(named);
    assertThat(versions.has(OTHER)).isFalse();
  }
}
