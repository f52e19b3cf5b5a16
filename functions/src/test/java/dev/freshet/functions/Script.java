package dev.freshet.functions;

import java.util.Map;

/** Functions given as JavaScript text, registered by hand in place of the convex library. */
final class Script {
  private static final String LIBRARY =
      """
      const make = (kind, handler) => Object.assign(() => {}, {
        ["is" + kind]: true, isPublic: true,
        ["invoke" + kind]: async (args) => JSON.stringify((await handler(JSON.parse(args)[0])) ?? null),
      });
      const call = async (name, args) => JSON.parse(await Convex.asyncSyscall(name, JSON.stringify(args ?? {})));
      """;

  private Script() {}

  private static final String ACTIONS =
      """
      const action = (handler) => Object.assign(() => {}, {
        isAction: true, isPublic: true,
        invokeAction: async (requestId, args) => JSON.stringify((await handler(JSON.parse(args)[0], requestId)) ?? null),
      });
      const sleep = (millis) => new Promise((resolve) => setTimeout(resolve, millis));
      """;

  /** A module {@code test.js} with the action {@code f}, whose body is given. */
  static ModuleSet action(String body) {
    return module(ACTIONS + "export const f = action(async (args, requestId) => {" + body + "});");
  }

  /** A module {@code test.js} in which {@code action} registers actions. */
  static ModuleSet actions(String text) {
    return module(ACTIONS + text);
  }

  /** A module {@code test.js} with the query {@code f}, whose body is given. */
  static ModuleSet query(String body) {
    return module("export const f = make('Query', async (args) => {" + body + "});");
  }

  /** The same after other text at the top of the module. */
  static ModuleSet query(String top, String body) {
    return module(top + "\nexport const f = make('Query', async (args) => {" + body + "});");
  }

  /** A module {@code test.js} with the mutation {@code f}. */
  static ModuleSet mutation(String body) {
    return module("export const f = make('Mutation', async (args) => {" + body + "});");
  }

  static ModuleSet module(String text) {
    return Fixtures.modules(Map.of("test.js", LIBRARY + text));
  }

  static ModuleSet modules(Map<String, String> texts) {
    Map<String, String> all = new java.util.HashMap<>();
    texts.forEach((path, text) -> all.put(path, LIBRARY + text));
    return Fixtures.modules(all);
  }
}
