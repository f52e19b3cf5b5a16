package dev.freshet.functions;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** What tests of actions in Node have in common. */
abstract class NodeTest extends ActionTest {
  private static final String LIBRARY =
      """
      "use node";
      const action = (handler) => Object.assign(() => {}, {
        isAction: true, isPublic: true, exportArgs: () => '{"type":"any"}',
        invokeAction: async (requestId, args) => JSON.stringify((await handler(JSON.parse(args)[0], requestId)) ?? null),
        _handler: handler,
      });
      const call = async (name, args) => JSON.parse(await Convex.asyncSyscall(name, JSON.stringify(args ?? {})));
      const sleep = (millis) => new Promise((resolve) => setTimeout(resolve, millis));
      """;

  final SortedMap<String, String> variables = new TreeMap<>(Map.of("SERVICE_KEY", "abc"));
  NodeSetup setup = NodeSetup.PLAIN;

  static ModuleSet node(String text) {
    return nodes(Map.of("test.js", text));
  }

  static ModuleSet nodes(Map<String, String> texts) {
    Map<String, String> all = new HashMap<>(texts);
    all.computeIfPresent("test.js", (_, text) -> LIBRARY + text);
    return Fixtures.nodeModules(all);
  }

  /** A module {@code test.js} with the action {@code f}, whose body is given. */
  static ModuleSet nodeAction(String body) {
    return node("export const f = action(async (args, requestId) => {" + body + "});");
  }

  ActionOutcome nodeOutcome(ModuleSet modules, String args) {
    return runner.run(nodeCall(modules, "f", args), host);
  }

  ActionCall nodeCall(ModuleSet modules, String name, String args) {
    return new ActionCall(
        ModuleEnvironment.NODE,
        modules,
        "test.js",
        name,
        ("[" + args + "]").getBytes(UTF_8),
        "request-" + System.nanoTime(),
        Fixtures.IMPORTS,
        variables,
        setup,
        timeout);
  }

  String nodeRan(String body) {
    return result(nodeOutcome(nodeAction(body), "{}"));
  }

  JsError nodeFailed(String body) {
    return error(nodeOutcome(nodeAction(body), "{}"));
  }
}
