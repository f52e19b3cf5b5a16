package dev.freshet.functions;

import java.util.function.Supplier;

/**
 * One module of a {@link ModuleSet}.
 *
 * @param path canonical path, e.g. {@code messages.js} or {@code _deps/ABC.js}
 * @param sha256 lower-case hex hash that identifies the compiled code wherever it occurs; runners
 *     cache by it
 * @param code of the Node environment: the ES module as it was pushed, with its source map; else
 *     the compiled module; asked on a runner's thread, once for each process that needs it
 */
public record FunctionModule(
    String path, String sha256, ModuleEnvironment environment, Supplier<CompiledModule> code) {}
