package dev.freshet.functions;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A module to be evaluated at push, outside of any transaction.
 *
 * @param modules what it may import
 * @param environment values of environment variables; null where unset
 */
public record Evaluation(
    ModuleSet modules,
    String modulePath,
    ImportPhase importPhase,
    CallLimits limits,
    Function<String, @Nullable String> environment) {}
