package dev.freshet.server;

import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** Holds the arrows between the modules: the table in docs/architecture.md. */
class ArchitectureTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("dev.freshet");

  @Test
  void modulesUseOnlyWhatTheTableAllows() {
    layeredArchitecture()
        .consideringOnlyDependenciesInLayers()
        .layer("values")
        .definedBy("dev.freshet.values..")
        .layer("storage")
        .definedBy("dev.freshet.storage..")
        .layer("database")
        .definedBy("dev.freshet.database..")
        .layer("functions")
        .definedBy("dev.freshet.functions..")
        .layer("application")
        .definedBy("dev.freshet.app..")
        .layer("server")
        .definedBy("dev.freshet.server..")
        .whereLayer("values")
        .mayNotAccessAnyLayer()
        .whereLayer("storage")
        .mayOnlyAccessLayers("values")
        .whereLayer("database")
        .mayOnlyAccessLayers("values", "storage")
        .whereLayer("functions")
        .mayOnlyAccessLayers("values")
        .whereLayer("application")
        .mayOnlyAccessLayers("values", "storage", "database", "functions")
        .whereLayer("server")
        .mayNotBeAccessedByAnyLayer()
        .check(CLASSES);
  }

  @Test
  void packagesHaveNoCycles() {
    slices().matching("dev.freshet.(*)..").should().beFreeOfCycles().check(CLASSES);
  }
}
