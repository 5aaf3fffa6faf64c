package io.matriarch.model.config;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.matriarch.model.DynamicConfig;
import io.matriarch.model.Json;
import io.matriarch.model.SyncState;
import io.matriarch.model.Tags;
import io.matriarch.model.Unit;
import io.matriarch.model.config.RestSettings.VerifyClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Reads {@link LocalConfig} from the raw tree (contract config.md 2). */
final class LocalConfigReader {

    private final JsonObject document;
    private final List<Notice> notices;

    private LocalConfigReader(JsonObject document, List<Notice> notices) {
        this.document = document;
        this.notices = notices;
    }

    static LocalConfig read(JsonObject written) throws ConfigurationException {
        var notices = new ArrayList<Notice>();
        return new LocalConfigReader(PresentLayout.of(written, notices), notices).read();
    }

    private LocalConfig read() throws ConfigurationException {
        var top = new Section("", document);
        String scope = top.required("scope", "the name of the cluster, for example main");
        String name = top.required("name", "the name of this node, which no other node of the cluster has");
        if (name.equals(SyncState.NOBODY)) {
            throw new ConfigurationException("Node 'name' can't be set to '" + SyncState.NOBODY + "'");
        }
        RestSettings restapi = restapi(top.section("restapi"));
        ClientSettings ctl = client(document);
        BootstrapSettings bootstrap = document.has("bootstrap") ? bootstrap(top.section("bootstrap")) : null;
        Tags tags = Tags.configured(top.section("tags").map());
        tags.contradictions().forEach(text -> notices.add(Notice.warning(text)));
        return new LocalConfig(
                scope,
                top.text("namespace", "service"),
                name,
                restapi,
                ctl,
                bootstrap,
                tags,
                fence(top),
                notices,
                document);
    }

    private RestSettings restapi(Section section) throws ConfigurationException {
        String listen = section.required("listen", "<HOST>:<PORT> of the REST API, for example 0.0.0.0:8008");
        HostPort address = HostPort.parse(listen)
                .orElseThrow(() -> new ConfigurationException("Invalid \"restapi\" config: expected <HOST>:<PORT>"
                        + " for \"listen\", but got \"" + listen + "\""));
        String certfile = section.text("certfile");
        String published = section.text("connect_address", listen);
        return new RestSettings(
                address,
                HostPort.parse(published, certfile == null ? 80 : 443)
                        .orElseThrow(() -> new ConfigurationException(
                                "restapi.connect_address: expected" + " <HOST>:<PORT>, but got \"" + published + "\"")),
                authentication(section),
                certfile,
                section.text("keyfile"),
                section.text("keyfile_password"),
                section.text("cafile"),
                section.text("ciphers"),
                verifyClient(section),
                section.listOrEmpty("allowlist"),
                section.flag("allowlist_include_members"),
                section.texts("http_extra_headers"),
                section.texts("https_extra_headers"),
                Math.clamp(section.integer("request_queue_size", Unit.NONE, 5), 0, 4096),
                Math.clamp(section.integer("thread_pool_size", Unit.NONE, 5), 5, 4096),
                serverTokens(section));
    }

    private VerifyClient verifyClient(Section section) {
        String text = section.text("verify_client", "none");
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "none" -> VerifyClient.NONE;
            case "optional" -> VerifyClient.OPTIONAL;
            case "required" -> VerifyClient.REQUIRED;
            default -> {
                notices.add(Notice.error("Bad value in the \"restapi.verify_client\": " + text));
                yield VerifyClient.NONE;
            }
        };
    }

    private String serverTokens(Section section) {
        String text = section.text("server_tokens", "original");
        String tokens = text.toLowerCase(Locale.ROOT);
        if (tokens.equals("original") || tokens.equals("productonly") || tokens.equals("minimal")) {
            return tokens;
        }
        notices.add(Notice.warning("restapi.server_tokens is set to \"" + text + "\". Patroni will not modify the"
                + " Server header. Valid values are: \"Minimal\", \"ProductOnly\"."));
        return "original";
    }

    /** The {@code ctl} section with what it inherits from {@code restapi}. */
    static ClientSettings client(JsonObject document) throws ConfigurationException {
        Section ctl = Section.of(document, "ctl");
        Section restapi = Section.of(document, "restapi");
        BasicAuth own = authentication(ctl);
        String cacert = ctl.text("cacert");
        return new ClientSettings(
                own == null ? authentication(restapi) : own,
                ctl.flag("insecure"),
                cacert == null ? restapi.text("cafile") : cacert,
                ctl.text("certfile"),
                ctl.text("keyfile"),
                ctl.text("keyfile_password"));
    }

    /** From {@code authentication}, else from the literal {@code auth} as {@code username:password}. */
    private static @Nullable BasicAuth authentication(Section section) throws ConfigurationException {
        Section user = section.section("authentication");
        if (!user.map().isEmpty()) {
            String both = "a text; Basic authentication needs username and password";
            return new BasicAuth(user.required("username", both), user.required("password", both));
        }
        String auth = section.text("auth");
        int colon = auth == null ? -1 : auth.indexOf(':');
        return auth == null || colon < 0 ? null : new BasicAuth(auth.substring(0, colon), auth.substring(colon + 1));
    }

    private BootstrapSettings bootstrap(Section section) {
        if (section.element("users") != null) {
            notices.add(Notice.error("User creation is not be supported starting from v4.0.0."
                    + " Please use \"bootstrap.post_bootstrap\" script to create users."));
        }
        String method = section.text("method", "initdb");
        boolean custom = section.section(method).text("command") != null;
        String post = section.text("post_bootstrap");
        return new BootstrapSettings(
                new DynamicConfig(section.section("dcs").map()),
                custom ? method : "initdb",
                section.element("initdb"),
                section.listOrEmpty("pg_hba"),
                post == null ? section.text("post_init") : post,
                section.map());
    }

    private FenceSettings fence(Section top) throws ConfigurationException {
        Section fence = top.section("matriarch").section("fence");
        JsonElement mode = fence.element("mode");
        if (mode == null) {
            return new FenceSettings(true, fence.text("directory"));
        }
        boolean on = Json.bool(fence.map(), "mode")
                .orElseThrow(() -> new ConfigurationException("matriarch.fence.mode: expected on or off, but got \""
                        + (mode instanceof JsonPrimitive p ? p.getAsString() : mode) + "\""));
        return new FenceSettings(on, fence.text("directory"));
    }
}
