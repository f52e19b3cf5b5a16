package dev.freshet.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.app.Application;
import dev.freshet.app.ApplicationConfig;
import dev.freshet.app.Permits;
import dev.freshet.functions.ActionRunner;
import dev.freshet.functions.FunctionRunner;
import dev.freshet.functions.RunnerConfig;
import dev.freshet.values.Clock;
import dev.freshet.values.ErrorClass;
import dev.freshet.values.FreshetException;
import dev.freshet.values.Limit;
import dev.freshet.values.Limits;
import java.io.IOException;
import java.net.BindException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.eclipse.jetty.util.thread.VirtualThreadPool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The running server: the application with its two ports. Started in order by {@link #start},
 * stopped in reverse by {@link #close}.
 */
public final class FreshetServer implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(FreshetServer.class);

  /** Time for answers to leave once the server stops accepting requests. */
  private static final long DRAIN_MILLIS = 5_000;

  private static final long SOCKET_CLOSE_MILLIS = 1_000;
  private static final int REQUEST_HEADER_SIZE = 64 << 10;

  /** Connections that wait to be accepted; whoever finds this full tries again after a second. */
  private static final int ACCEPT_QUEUE = 1024;

  private final ServerConfig config;
  private final Application application;
  private final Server jetty;
  private final ServerConnector api;
  private final ServerConnector site;
  private final Requests requests;
  private final SyncUpgrade sync;
  private final ScheduledExecutorService timer;

  /**
   * Opens the data directory and accepts traffic once it returns.
   *
   * @throws FreshetException {@code InvalidConfig}, or {@code PortInUse} with a text for people
   */
  public static FreshetServer start(ServerConfig config, Clock clock) {
    return start(config, clock, FunctionRunner::start);
  }

  /** The same with functions run by something else, for measurements. */
  public static FreshetServer start(
      ServerConfig config, Clock clock, Function<RunnerConfig, FunctionRunner> runners) {
    return start(config, clock, runners, ActionRunner::start);
  }

  /** The same with actions run by something else, too. */
  static FreshetServer start(
      ServerConfig config,
      Clock clock,
      Function<RunnerConfig, FunctionRunner> runners,
      Function<RunnerConfig, ActionRunner> actionRunners) {
    Application application = Application.open(config.application(clock), runners, actionRunners);
    try {
      FreshetServer server = new FreshetServer(config, application, clock);
      server.startJetty();
      return server;
    } catch (RuntimeException e) {
      application.close();
      throw e;
    }
  }

  private FreshetServer(ServerConfig config, Application application, Clock clock) {
    this.config = config;
    this.application = application;
    Limits limits = config.limits();
    QueuedThreadPool threads = new QueuedThreadPool();
    threads.setName("http");
    VirtualThreadPool virtual = new VirtualThreadPool();
    virtual.setName("http-");
    virtual.setMaxConcurrentTasks(-1);
    threads.setVirtualThreadsExecutor(virtual);
    jetty = new Server(threads);
    jetty.setStopTimeout(0); // draining is done here
    jetty.setErrorHandler(new JsonErrorHandler());
    long timeoutSeconds = limits.get(Limit.HTTP_SERVER_TIMEOUT_SECONDS);
    api = connector("api", config.host(), config.port(), timeoutSeconds);
    site = connector(SiteEndpoints.CONNECTOR, config.host(), config.sitePort(), timeoutSeconds);
    requests =
        new Requests(
            clock, Permits.ofRequests(limits, clock), TimeUnit.SECONDS.toNanos(timeoutSeconds));
    sync = new SyncUpgrade(jetty, application, clock, limits, config.redactLogsToClient());
    HttpActionEndpoint httpActions =
        new HttpActionEndpoint(application.functions(), requests, limits);
    jetty.setHandler(new HttpEntry(routes(), requests, sync, httpActions, limits));
    timer =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("http timer").factory());
  }

  private Routes routes() {
    ApplicationConfig app = config.application(Clock.system());
    HttpAuthentication authentication = new HttpAuthentication(application.authenticator());
    return new Routes(
        new MetaEndpoints(app.credentials().name(), Version.text()),
        new FunctionEndpoints(application, authentication),
        new DeployEndpoints(application),
        new AdminEndpoints(application, authentication, app.cloudOrigin(), app.siteOrigin()),
        new LogEndpoints(application, authentication));
  }

  private ServerConnector connector(String name, String host, int port, long timeoutSeconds) {
    HttpConfiguration http = new HttpConfiguration();
    http.setSendServerVersion(false);
    http.setSendDateHeader(true);
    http.setRequestHeaderSize(REQUEST_HEADER_SIZE);
    http.setHeaderCacheSize(0); // would be 100 KB of memory for each connection
    http.setUriCompliance(UriCompliance.UNSAFE); // paths are matched, never opened
    HTTP2CServerConnectionFactory http2 = new HTTP2CServerConnectionFactory(http);
    // Jetty asks whether a stream may be silent only once, and resets it the next time.
    long longestSilence = config.limits().get(Limit.V8_ACTION_USER_TIMEOUT_SECS) + timeoutSeconds;
    http2.setStreamIdleTimeout(TimeUnit.SECONDS.toMillis(longestSilence));
    ServerConnector connector =
        new ServerConnector(jetty, 1, 1, new HttpConnectionFactory(http), http2);
    connector.setName(name);
    connector.setHost(host);
    connector.setPort(port);
    connector.setIdleTimeout(TimeUnit.SECONDS.toMillis(timeoutSeconds));
    connector.setAcceptQueueSize(ACCEPT_QUEUE);
    connector.setReuseAddress(true);
    jetty.addConnector(connector);
    return connector;
  }

  private void startJetty() {
    open(api, "--port");
    open(site, "--site-proxy-port");
    try {
      jetty.start();
    } catch (Exception e) {
      stopJetty();
      throw FreshetException.internal("The HTTP server did not start.", e);
    }
    var _ = timer.scheduleWithFixedDelay(requests::interruptOverdue, 1, 1, TimeUnit.SECONDS);
    var _ =
        timer.scheduleWithFixedDelay(
            sync::tick, SyncUpgrade.TICK_MILLIS, SyncUpgrade.TICK_MILLIS, TimeUnit.MILLISECONDS);
  }

  private void open(ServerConnector connector, String flag) {
    try {
      connector.open();
    } catch (IOException e) {
      api.close();
      site.close();
      String where = connector.getHost() + ":" + connector.getPort();
      String why =
          e.getCause() instanceof BindException || e instanceof BindException
              ? "Port " + where + " is in use or not available: is a server running already?"
              : "Could not listen on " + where + ": " + e.getMessage() + ".";
      throw new FreshetException(
          ErrorClass.BAD_REQUEST,
          "PortInUse",
          why + " Choose another one with " + flag + ".",
          null,
          e);
    }
  }

  /** The API port; differs from the configuration if that asked for any (0). */
  public int port() {
    return api.getLocalPort();
  }

  public int sitePort() {
    return site.getLocalPort();
  }

  public Application application() {
    return application;
  }

  /** Stops accepting, sends clients away, lets running requests end, then closes the data. */
  @Override
  public void close() {
    var _ = api.shutdown();
    var _ = site.shutdown();
    sync.shutDown();
    requests.interruptUnlimited();
    try {
      if (!requests.awaitIdle(DRAIN_MILLIS)) {
        log.warn("Some requests were still running after {} ms", DRAIN_MILLIS);
      }
      for (long waited = 0;
          sync.openConnections() > 0 && waited < SOCKET_CLOSE_MILLIS;
          waited += 10) {
        Thread.sleep(10);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    timer.shutdownNow();
    stopJetty();
    application.close();
  }

  private void stopJetty() {
    try {
      jetty.stop();
    } catch (Exception e) {
      log.warn("The HTTP server did not stop cleanly", e);
    }
  }

  /** Answers what is not even a request, in the form of all other errors. */
  private static final class JsonErrorHandler extends ErrorHandler {
    @Override
    public boolean handle(Request request, Response response, Callback callback) {
      int status = response.getStatus();
      Reply reply =
          status >= HttpStatus.INTERNAL_SERVER_ERROR_500
              ? Reply.internalError()
              : Reply.error(
                  status, "BadRequest", String.valueOf(HttpStatus.getMessage(status)) + ".");
      response.getHeaders().put(HttpHeader.CONTENT_TYPE, "application/json");
      Content.Sink.write(response, true, new String(reply.body(), UTF_8), callback);
      return true;
    }
  }
}
