package dev.freshet.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.server.ClientVersion.Semver;
import dev.freshet.server.ClientVersion.Support;
import dev.freshet.values.FreshetException;
import dev.freshet.values.JsonFormat;
import org.junit.jupiter.api.Test;

class ClientVersionTest {
  private static ClientVersion header(String text) {
    return ClientVersion.of(text, null, "/api/query");
  }

  @Test
  void theNameIsWhatStandsBeforeTheVersion() {
    assertThat(header("npm-1.48.0")).isEqualTo(new ClientVersion("npm", new Semver(1, 48, 0)));
    assertThat(header("NPM-CLI-1.48.0-alpha.1"))
        .isEqualTo(new ClientVersion("npm-cli", new Semver(1, 48, 0)));
    assertThat(header("python-convex-0.7.0"))
        .isEqualTo(new ClientVersion("python-convex", new Semver(0, 7, 0)));
    assertThat(header("kotlin-unknown")).isEqualTo(new ClientVersion("kotlin", null));
  }

  @Test
  void thePathNamesTheVersionWhereNoHeaderDoes() {
    assertThat(ClientVersion.of(null, "1.48.0", "/api/1.48.0/sync"))
        .isEqualTo(new ClientVersion("npm", new Semver(1, 48, 0)));
    assertThat(ClientVersion.of(null, null, "/api/query").version()).isNull();
  }

  @Test
  void whatIsNoVersionIsRefused() {
    assertThatThrownBy(() -> header("npm"))
        .isInstanceOfSatisfying(
            FreshetException.class, e -> assertThat(e.code()).isEqualTo("InvalidClientVersion"));
    assertThatThrownBy(() -> ClientVersion.of(null, "latest", "/api/latest/sync"))
        .isInstanceOf(FreshetException.class);
  }

  @Test
  void oldClientsAreToldToUpgrade() {
    assertThat(header("npm-0.19.1").support()).isEqualTo(Support.UNSUPPORTED);
    assertThat(header("npm-0.19.2").support()).isEqualTo(Support.FULL);
    assertThat(header("python-0.2.0").support()).isEqualTo(Support.UPGRADE_REQUIRED);
    assertThat(header("other-0.0.1").support()).isEqualTo(Support.FULL);
  }

  @Test
  void onlyNewBrowserClientsUnderstandChunks() {
    assertThat(header("npm-1.28.0").understandsChunks()).isTrue();
    assertThat(header("npm-1.27.9").understandsChunks()).isFalse();
    assertThat(header("rust-9.0.0").understandsChunks()).isFalse();
  }

  @Test
  void oldClientsGetTheEncodedFormatByDefault() {
    assertThat(header("npm-1.4.0").defaultFormat()).isEqualTo(JsonFormat.ENCODED);
    assertThat(header("npm-1.4.1").defaultFormat()).isEqualTo(JsonFormat.CLEAN);
    assertThat(header("npm-x").defaultFormat()).isEqualTo(JsonFormat.CLEAN);
  }
}
