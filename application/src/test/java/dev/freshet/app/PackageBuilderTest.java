package dev.freshet.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.sun.net.httpserver.HttpServer;
import dev.freshet.app.PushRequest.NodeDependency;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ObjectNode;

/** The real npm against a registry with two packages, one of which needs the other. */
class PackageBuilderTest {
  @TempDir Path directory;

  private final Map<String, byte[]> answers = new ConcurrentHashMap<>();
  private final ConcurrentLinkedQueue<String> asked = new ConcurrentLinkedQueue<>();
  private HttpServer registry;

  @BeforeEach
  void openRegistry() throws IOException {
    registry = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    registry.createContext(
        "/",
        exchange -> {
          String path = exchange.getRequestURI().getPath();
          asked.add(path);
          byte[] answer = answers.get(path);
          exchange.sendResponseHeaders(answer == null ? 404 : 200, answer == null ? -1 : 0);
          try (var body = exchange.getResponseBody()) {
            if (answer != null) {
              body.write(answer);
            }
          }
        });
    registry.start();
    publish("leaf", "{}", "module.exports = 'leaf';");
    publish("@scope/root", "{\"leaf\":\"^1.0.0\"}", "module.exports = require('leaf') + '!';");
  }

  @AfterEach
  void closeRegistry() {
    registry.stop(0);
  }

  private String url() {
    return "http://127.0.0.1:" + registry.getAddress().getPort();
  }

  private void publish(String name, String dependencies, String code) throws IOException {
    String manifest =
        "{\"name\":\"%s\",\"version\":\"1.2.3\",\"main\":\"index.js\",\"bin\":\"run.js\","
                .formatted(name)
            + "\"dependencies\":"
            + dependencies
            + "}";
    ByteArrayOutputStream tar = new ByteArrayOutputStream();
    entry(tar, "package/package.json", manifest);
    entry(tar, "package/index.js", code);
    entry(tar, "package/run.js", "#!/usr/bin/env node\n");
    tar.write(new byte[1024]);
    ByteArrayOutputStream zipped = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(zipped)) {
      gzip.write(tar.toByteArray());
    }
    String file = "/tarballs/" + name.replace("/", "-") + ".tgz";
    answers.put(file, zipped.toByteArray());
    ObjectNode version = (ObjectNode) Json.parseStored(manifest);
    version.putObject("dist").put("tarball", url() + file);
    ObjectNode packument = Json.object().put("name", name);
    packument.putObject("dist-tags").put("latest", "1.2.3");
    packument.putObject("versions").set("1.2.3", version);
    answers.put("/" + name, Json.writeBytes(packument));
  }

  private static void entry(ByteArrayOutputStream tar, String name, String content) {
    byte[] bytes = content.getBytes(UTF_8);
    byte[] header = new byte[512];
    put(header, 0, name);
    put(header, 100, "0000644");
    put(header, 108, "0000000");
    put(header, 116, "0000000");
    put(header, 124, "%011o".formatted(bytes.length));
    put(header, 136, "00000000000");
    put(header, 148, "        ");
    header[156] = '0';
    put(header, 257, "ustar");
    put(header, 263, "00");
    int sum = 0;
    for (byte b : header) {
      sum += b;
    }
    put(header, 148, "%06o\0".formatted(sum));
    tar.writeBytes(header);
    tar.writeBytes(bytes);
    tar.writeBytes(new byte[(512 - bytes.length % 512) % 512]);
  }

  private static void put(byte[] header, int at, String text) {
    System.arraycopy(text.getBytes(UTF_8), 0, header, at, text.length());
  }

  private PackageBuilder builder(Map<Limit, Long> limits, String path) {
    Map<String, String> environment = new HashMap<>();
    environment.put("PATH", path);
    environment.put("HOME", directory.toString());
    environment.put("npm_config_registry", url());
    environment.put("npm_config_cache", directory.resolve("cache").toString());
    environment.put("npm_config_fetch_retries", "0");
    environment.put("INSTANCE_SECRET", "never to be seen");
    return new PackageBuilder(Limits.of(limits), environment);
  }

  private PackageBuilder builder() {
    return builder(Map.of(), System.getenv("PATH"));
  }

  private static List<NodeDependency> of(String name, String version) {
    return List.of(new NodeDependency(name, version));
  }

  @Test
  void installsWhatIsAskedForAndWhatThatNeeds() throws Exception {
    PackageArchive.Packed packed = builder().build(of("@scope/root", "1.2.3"), null);
    Path modules = directory.resolve("node_modules");
    PackageArchive.unpack(packed.content(), modules);
    assertThat(modules.resolve("@scope/root/index.js"))
        .hasContent("module.exports = require('leaf') + '!';");
    assertThat(modules.resolve("leaf/package.json")).exists();
    assertThat(Files.isSymbolicLink(modules.resolve(".bin/leaf"))).isTrue();
    assertThat(modules.resolve(".bin/leaf")).isExecutable();
    assertThat(packed.size()).isEqualTo(PackageArchive.size(modules));
    assertThat(PackageArchive.pack(modules).content()).isEqualTo(packed.content());
  }

  @Test
  void whatNpmCannotInstallIsToldInItsWords() {
    assertThatExceptionOfType(FreshetException.class)
        .isThrownBy(() -> builder().build(of("nobodys", "1.0.0"), null))
        .satisfies(e -> assertThat(e.code()).isEqualTo("InvalidExternalModules"))
        .withMessageStartingWith("Loading the pushed modules encountered the following error:\n")
        .withMessageContaining("404")
        .withMessageContaining("nobodys");
  }

  @Test
  void aServerWithoutNpmSaysSoInOneLine() {
    assertThatExceptionOfType(FreshetException.class)
        .isThrownBy(() -> builder(Map.of(), "/nowhere").build(of("leaf", "1.2.3"), null))
        .satisfies(e -> assertThat(e.code()).isEqualTo("InvalidExternalModules"))
        .withMessageContaining("npm is not installed on the server.");
    assertThat(asked).isEmpty();
  }

  @Test
  void whatIsNoPackageOfARegistryNeverReachesNpm() {
    for (String[] bad :
        new String[][] {
          {"leaf", "file:/etc"}, {"leaf", "git+ssh://x"}, {"../leaf", "1.0.0"}, {"--prefix", "^1"}
        }) {
      assertThat(PushFixture.codeOf(() -> builder().build(of(bad[0], bad[1]), null)))
          .isEqualTo("400 InvalidExternalModules");
    }
    assertThat(asked).isEmpty();
  }

  @Test
  void packagesThatAreTooLargeAreRefused() {
    PackageBuilder builder =
        builder(Map.of(Limit.MAX_UNZIPPED_PACKAGES_SIZE, 100L), System.getenv("PATH"));
    assertThat(PushFixture.codeOf(() -> builder.build(of("leaf", "1.2.3"), null)))
        .isEqualTo("400 ModulesTooLarge");
  }
}
