package dev.freshet.app;

import dev.freshet.functions.HttpHead;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * A request to an HTTP action (spec 30 §6.3).
 *
 * @param body null if it has none; read only as fast as the action reads it
 * @param authorization the header's value; one that is not valid does not refuse the request, the
 *     action learns of it when it asks for the identity
 */
public record HttpActionRequest(
    HttpHead head,
    @Nullable InputStream body,
    @Nullable String authorization,
    RequestContext context) {}
