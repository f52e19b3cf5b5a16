package dev.freshet.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.values.TableNames;
import dev.freshet.values.ValidationFailure;
import dev.freshet.values.Validator;
import dev.freshet.values.Value;
import org.junit.jupiter.api.Test;

/** Properties that hold for all validators (spec 40 §11). */
class ValidatorPropertiesTest {
  private static final int RUNS = 20_000;

  private final SeededRandom random = new SeededRandom(11);
  private final ValidatorGenerators generators = new ValidatorGenerators(random);
  private final TableNames tables = ValidatorGenerators.tables();

  @Test
  void theJsonOfValidatorsRoundTrips() {
    for (int i = 0; i < RUNS; i++) {
      Validator validator = generators.validator();
      assertThat(Validator.parse(validator.toJson())).as("%s", random).isEqualTo(validator);
    }
  }

  @Test
  void aSubsetNeverHoldsAValueThatTheOtherRefuses() {
    int subsets = 0;
    for (int i = 0; i < RUNS * 2; i++) {
      Validator left = generators.validator();
      Validator right = random.nextInt(3) == 0 ? generators.validator() : generators.near(left);
      if (left.isSubsetOf(right)) {
        subsets++;
        for (int probe = 0; probe < 10; probe++) {
          Value value = generators.matching(left);
          if (left.check(value, tables) == null) {
            assertThat(right.check(value, tables))
                .as("%s: %s of %s in %s", random, value, left.print(), right.print())
                .isNull();
          }
        }
      }
    }
    assertThat(subsets).isGreaterThan(RUNS / 4);
  }

  @Test
  void everyValidatorIsASubsetOfItselfAndOfAWiderUnion() {
    for (int i = 0; i < RUNS; i++) {
      Validator validator = generators.validator();
      assertThat(validator.isSubsetOf(validator)).isTrue();
      assertThat(
              validator.isSubsetOf(
                  new Validator.UnionValidator(
                      java.util.List.of(generators.validator(1), validator))))
          .as("%s: %s", random, validator.print())
          .isTrue();
    }
  }

  @Test
  void failuresAlwaysHaveAText() {
    int failures = 0;
    for (int i = 0; i < RUNS; i++) {
      Validator validator = generators.validator();
      Value value = generators.matching(generators.near(validator));
      ValidationFailure failure = validator.check(value, tables);
      if (failure != null) {
        failures++;
        assertThat(failure.text()).isNotBlank();
      }
    }
    assertThat(failures).isPositive();
  }
}
