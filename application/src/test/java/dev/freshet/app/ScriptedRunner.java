package dev.freshet.app;

import dev.freshet.functions.AnalyzedModule;
import dev.freshet.functions.AnalyzedModule.AnalyzedFunction;
import dev.freshet.functions.AnalyzedModule.Visibility;
import dev.freshet.functions.CompiledModule;
import dev.freshet.functions.Evaluation;
import dev.freshet.functions.FunctionCall;
import dev.freshet.functions.FunctionHost;
import dev.freshet.functions.FunctionKind;
import dev.freshet.functions.FunctionModule;
import dev.freshet.functions.FunctionOutcome;
import dev.freshet.functions.FunctionRunner;
import dev.freshet.functions.ModuleCompiler;
import dev.freshet.values.FreshetException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Stands in for JavaScript where only what a push makes of evaluations is tested. A module's source
 * consists of lines {@code query NAME}, {@code mutation NAME}, {@code import "./x.js"} and {@code
 * throw MESSAGE}; the source of a schema, an auth config and a definition is the JSON they export,
 * in which {@code ${NAME}} reads an environment variable.
 */
final class ScriptedRunner implements FunctionRunner, ModuleCompiler {
  private static final Pattern VARIABLE = Pattern.compile("\\$\\{(\\w+)}");

  /** Everything that was evaluated, by path, in order. */
  final ConcurrentLinkedQueue<String> evaluated = new ConcurrentLinkedQueue<>();

  final ConcurrentLinkedQueue<String> compiled = new ConcurrentLinkedQueue<>();

  @Override
  public String version() {
    return "1";
  }

  @Override
  public List<CompiledModule> compile(List<Source> sources) {
    List<CompiledModule> modules = new ArrayList<>();
    for (Source source : sources) {
      compiled.add(source.path());
      if (source.source().contains("syntax error")) {
        throw FreshetException.badRequest("InvalidModules", "Unexpected token");
      }
      modules.add(new CompiledModule(source.source(), null));
    }
    return modules;
  }

  @Override
  public FunctionOutcome run(FunctionCall call, FunctionHost host) {
    throw new UnsupportedOperationException();
  }

  @Override
  public AnalyzedModule analyze(Evaluation module) {
    evaluated.add(module.modulePath());
    return analysis(module);
  }

  /** What the lines of a module's source register. */
  static AnalyzedModule analysis(Evaluation module) {
    List<AnalyzedFunction> functions = new ArrayList<>();
    for (String line : source(module).split("\n", -1)) {
      String[] words = line.split(" ", 2);
      switch (words[0]) {
        case "query", "mutation", "action" ->
            functions.add(
                new AnalyzedFunction(
                    words[1],
                    null,
                    FunctionKind.valueOf(words[0].toUpperCase(Locale.ROOT)),
                    Visibility.PUBLIC,
                    "{\"type\":\"any\"}",
                    null));
        case "throw" -> throw FreshetException.badRequest("InvalidModules", words[1]);
        default -> {}
      }
    }
    return new AnalyzedModule(functions, null, null, null, false);
  }

  @Override
  public String evaluateSchema(Evaluation module) {
    return evaluate(module, "InvalidSchema");
  }

  @Override
  public String evaluateAuthConfig(Evaluation module) {
    return evaluate(module, "InvalidAuthConfig");
  }

  @Override
  public String evaluateAppDefinition(Evaluation module) {
    return evaluate(module, "InvalidDefinition");
  }

  private String evaluate(Evaluation module, String code) {
    evaluated.add(module.modulePath());
    String script = source(module);
    if (script.startsWith("throw ")) {
      throw FreshetException.badRequest("InvalidModules", script.substring(6));
    }
    Matcher matcher = VARIABLE.matcher(script);
    return matcher.replaceAll(
        variable -> {
          String value = module.environment().apply(variable.group(1));
          if (value == null) {
            throw FreshetException.badRequest(
                code,
                "Environment variable "
                    + variable.group(1)
                    + " is used in auth config file but its value was not set");
          }
          return Matcher.quoteReplacement(value);
        });
  }

  private static String source(Evaluation module) {
    FunctionModule code = Objects.requireNonNull(module.modules().get(module.modulePath()));
    return code.code().get().script();
  }

  @Override
  public void close() {}
}
