package dev.freshet.functions;

import dev.freshet.values.FreshetException;
import java.util.List;

final class NodeModuleCompiler implements ModuleCompiler {
  private final RunnerConfig config;

  NodeModuleCompiler(RunnerConfig config) {
    this.config = config;
  }

  @Override
  public String version() {
    return "1";
  }

  @Override
  public List<CompiledModule> compile(List<Source> sources) {
    throw FreshetException.notYetAvailable("compiling modules with " + config);
  }

  @Override
  public void close() {}
}
