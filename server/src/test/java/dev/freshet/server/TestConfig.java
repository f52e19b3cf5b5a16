package dev.freshet.server;

import dev.freshet.app.InstanceCredentials;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Configurations of servers to be tested: on the loopback address, with memory without bounds. */
final class TestConfig {
  private TestConfig() {}

  /** With free ports, known to its clients by its address. */
  static ServerConfig local(Path data, Map<Limit, Long> limits) {
    return of(data, 0, 0, InstanceCredentials.of("proof", "5e".repeat(32)), null, null, limits);
  }

  /** With free ports, known to its clients by other names. */
  static ServerConfig named(Path data, Map<Limit, Long> limits) {
    return named(data, 0, 0, limits);
  }

  static ServerConfig named(Path data, int port, int sitePort, Map<Limit, Long> limits) {
    return of(
        data,
        port,
        sitePort,
        InstanceCredentials.of("test-instance", "00".repeat(32)),
        "http://cloud.example",
        "http://site.example",
        limits);
  }

  private static ServerConfig of(
      Path data,
      int port,
      int sitePort,
      InstanceCredentials credentials,
      @Nullable String cloudOrigin,
      @Nullable String siteOrigin,
      Map<Limit, Long> limits) {
    return new ServerConfig(
        "127.0.0.1",
        port,
        sitePort,
        data,
        credentials,
        cloudOrigin,
        siteOrigin,
        false,
        Limits.of(limits),
        null,
        Long.MAX_VALUE);
  }
}
