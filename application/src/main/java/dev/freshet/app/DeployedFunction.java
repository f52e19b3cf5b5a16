package dev.freshet.app;

import dev.freshet.functions.AnalyzedModule.AnalyzedFunction;
import dev.freshet.functions.AnalyzedModule.Visibility;
import dev.freshet.functions.FunctionKind;
import dev.freshet.values.Validator;
import org.jspecify.annotations.Nullable;

/** A function of the deployed app, as calls need it. Thread-safe. */
final class DeployedFunction {
  private final AnalyzedFunction analyzed;

  // Parsed on first use; parsing twice does no harm.
  private volatile @Nullable Validator args;
  private volatile @Nullable Validator returns;

  DeployedFunction(AnalyzedFunction analyzed) {
    this.analyzed = analyzed;
  }

  FunctionKind kind() {
    return analyzed.kind();
  }

  /** Functions of libraries too old to know visibility are public. */
  boolean isPublic() {
    return analyzed.visibility() != Visibility.INTERNAL;
  }

  /** What the arguments object must match; null if anything will do. */
  @Nullable Validator argsValidator() {
    Validator parsed = args;
    if (parsed == null && analyzed.argsJson() != null) {
      parsed = Validator.parse(analyzed.argsJson());
      args = parsed;
    }
    return unlessAny(parsed);
  }

  /** What the result must match; null if anything will do. */
  @Nullable Validator returnsValidator() {
    Validator parsed = returns;
    if (parsed == null && analyzed.returnsJson() != null) {
      parsed = Validator.parse(analyzed.returnsJson());
      returns = parsed;
    }
    return unlessAny(parsed);
  }

  private static @Nullable Validator unlessAny(@Nullable Validator validator) {
    return validator instanceof Validator.AnyValidator ? null : validator;
  }
}
