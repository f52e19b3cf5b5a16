package dev.freshet.app;

import dev.freshet.database.SchemaDefinition;
import java.util.List;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * A push that was found to be in order, before it changes anything.
 *
 * @param schema null if the app has none
 * @param config the deployed one if the npm package's version stays, else a new one
 * @param environment all variables as the code was evaluated with them
 * @param userEnvironment those of them that the developers set
 * @param compiled the code that may not be stored yet
 * @param size bytes of all modules with their source maps
 * @param packages what its Node modules import from npm; null if that is nothing
 */
record PreparedPush(
    PushRequest request,
    EvaluatedApp app,
    @Nullable SchemaDefinition schema,
    UdfConfig config,
    SortedMap<String, String> environment,
    SortedMap<String, String> userEnvironment,
    List<ModuleStore.Compiled> compiled,
    long size,
    @Nullable ExternalPackages packages) {}
