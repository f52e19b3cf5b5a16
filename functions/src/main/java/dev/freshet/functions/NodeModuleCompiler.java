package dev.freshet.functions;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.values.FreshetException;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;

/** Compiles modules in a Node.js process of its own, which ends when it has had nothing to do. */
final class NodeModuleCompiler implements ModuleCompiler {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final int IDLE_SECONDS = 60;
  private static final int BATCH_CHARS = 16 << 20;
  private static final int MAX_HEAP_MIB = 1024;

  private final RunnerConfig config;
  private final RunnerFiles files = new RunnerFiles();
  private final String version;
  private final ScheduledExecutorService idleTimer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofVirtual().name("module-compiler-idle").factory());
  private @Nullable Process process;
  private @Nullable ScheduledFuture<?> idleEnd;

  NodeModuleCompiler(RunnerConfig config) {
    this.config = config;
    try (InputStream in = RunnerFiles.open("compiler.version")) {
      version = new String(in.readAllBytes(), UTF_8).strip();
    } catch (IOException e) {
      throw FreshetException.internal("can't read the compiler's version", e);
    }
  }

  @Override
  public String version() {
    return version;
  }

  @Override
  public synchronized List<CompiledModule> compile(List<Source> sources) {
    List<CompiledModule> compiled = new ArrayList<>(sources.size());
    int start = 0;
    while (start < sources.size()) {
      int end = start;
      for (long chars = 0; end < sources.size() && chars < BATCH_CHARS; end++) {
        String map = sources.get(end).sourceMap();
        chars += sources.get(end).source().length() + (map == null ? 0 : map.length());
      }
      compileBatch(sources.subList(start, end), compiled);
      start = end;
    }
    return compiled;
  }

  private void compileBatch(List<Source> sources, List<CompiledModule> compiled) {
    if (idleEnd != null) {
      idleEnd.cancel(false);
    }
    JsonNode answer = exchange(sources);
    idleEnd = idleTimer.schedule(this::end, IDLE_SECONDS, TimeUnit.SECONDS);
    for (int i = 0; i < sources.size(); i++) {
      JsonNode result = answer.path(i);
      if (result.path("error").isString()) {
        throw invalid(sources.get(i), result);
      }
      JsonNode map = result.path("sourceMap");
      compiled.add(
          new CompiledModule(
              result.path("script").asString(), map.isString() ? map.asString() : null));
    }
  }

  private static FreshetException invalid(Source source, JsonNode result) {
    StringBuilder text =
        new StringBuilder(Problem.analysisFailed(source.path()))
            .append("Uncaught ")
            .append(result.path("error").asString());
    int line = result.path("line").asInt();
    if (line > 0) {
      text.append("\n    at ").append(source.path()).append(':').append(line);
      text.append(':').append(result.path("column").asInt());
    }
    return FreshetException.badRequest("InvalidModules", text.toString());
  }

  private JsonNode exchange(List<Source> sources) {
    ArrayNode request = JSON.createArrayNode();
    for (Source source : sources) {
      request
          .addObject()
          .put("path", source.path())
          .put("source", source.source())
          .put("sourceMap", source.sourceMap());
    }
    byte[] body = JSON.writeValueAsBytes(request);
    try {
      Process running = running();
      var out = running.getOutputStream();
      out.write(littleEndian(body.length));
      out.write(body);
      out.flush();
      DataInputStream in = new DataInputStream(running.getInputStream());
      byte[] answer = in.readNBytes(Integer.reverseBytes(in.readInt()));
      return JSON.readTree(answer);
    } catch (EOFException e) {
      end();
      throw FreshetException.internal("the module compiler ended while it worked", e);
    } catch (IOException e) {
      end();
      throw FreshetException.internal("can't talk to the module compiler", e);
    }
  }

  private static byte[] littleEndian(int value) {
    byte[] bytes = new byte[4];
    MessageWriter.INT.set(bytes, 0, value);
    return bytes;
  }

  private Process running() throws IOException {
    if (process == null || !process.isAlive()) {
      NodeInstallation node = config.node().installation();
      var script = files.file("compiler.cjs");
      List<String> command = new ArrayList<>(List.of(node.executable()));
      command.addAll(node.permissions(script));
      command.addAll(
          List.of("--no-warnings", "--max-old-space-size=" + MAX_HEAP_MIB, script.toString()));
      ProcessBuilder builder = new ProcessBuilder(command);
      builder.environment().clear();
      process = builder.redirectError(ProcessBuilder.Redirect.DISCARD).start();
    }
    return process;
  }

  private synchronized void end() {
    if (process != null) {
      process.destroyForcibly();
      process = null;
    }
  }

  @Override
  public void close() {
    idleTimer.shutdownNow();
    end();
    files.close();
  }
}
