package io.matriarch.ctl.patroni;

import com.google.gson.JsonElement;
import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.http.RestCall;
import io.matriarch.http.RestCaller;
import io.matriarch.http.RestClient;
import io.matriarch.http.RestResult;
import io.matriarch.http.RestResult.Answer;
import io.matriarch.http.RestResult.Failed;
import io.matriarch.model.ClusterView;
import io.matriarch.model.Json;
import io.matriarch.model.Member;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Calls members at the host of their {@code api_url}. */
public final class MemberApi {

    /** For everything that a member answers from memory or with one look into the store. */
    public static final Duration SHORT = Duration.ofSeconds(15);

    /** A host that is up accepts a connection in far less. */
    private static final Duration CONNECT = Duration.ofSeconds(5);

    private final RestClient client;

    MemberApi(CtlSettings settings) {
        client = new RestClient(settings.client(), settings.insecure());
    }

    /** @param path without leading slash */
    public RestResult call(String method, Member member, String path, @Nullable JsonElement body, Duration deadline) {
        return start(method, member, path, body, deadline).await();
    }

    /** Asks all members at the same time; their answers in their order, all within the deadline. */
    public List<RestResult> getFromAll(List<Member> members, String path, Duration deadline) {
        var pending = new ArrayList<RestCaller.Pending>();
        for (Member member : members) {
            pending.add(start("GET", member, path, null, deadline));
        }
        var results = new ArrayList<RestResult>();
        for (RestCaller.Pending request : pending) {
            results.add(request.await());
        }
        return results;
    }

    /**
     * Sends a request and does not wait for its answer.
     *
     * @param path without leading slash
     */
    public RestCaller.Pending start(
            String method, Member member, String path, @Nullable JsonElement body, Duration deadline) {
        String url = member.apiUrl().map(api -> endpoint(api, path)).orElse(null);
        if (url == null) {
            return () -> new Failed("member " + member.name() + " has not published an api_url", false);
        }
        String text = body == null ? null : Json.spaced(body);
        return client.start(new RestCall(method, url, text, deadline, CONNECT));
    }

    /** As {@link #call}, for commands that end when a member does not answer. */
    Answer demand(String method, Member member, String path, @Nullable JsonElement body, Duration deadline)
            throws CommandFailure {
        return switch (call(method, member, path, body, deadline)) {
            case Answer answer -> answer;
            case Failed(String reason, boolean _) ->
                throw new CommandFailure("Member " + member.name() + " is not accessible: " + reason);
        };
    }

    /** The answer of the first member that gives any; members that give none are named in warnings. */
    Optional<Answer> firstAnswer(
            List<Member> inOrder, String method, String path, @Nullable JsonElement body, Duration deadline) {
        for (Member member : inOrder) {
            switch (call(method, member, path, body, deadline)) {
                case Answer answer -> {
                    return Optional.of(answer);
                }
                case Failed(String reason, boolean _) -> Warnings.notAccessible(member, reason);
            }
        }
        return Optional.empty();
    }

    /** The members with the leader in front. */
    static List<Member> leaderFirst(ClusterView view) {
        var members = new ArrayList<Member>();
        view.leaderMember().ifPresent(members::add);
        for (Member member : view.members().values()) {
            if (!view.isLeader(member.name())) {
                members.add(member);
            }
        }
        return members;
    }

    private static String endpoint(String apiUrl, String path) {
        int host = apiUrl.indexOf("://");
        int slash = apiUrl.indexOf('/', host < 0 ? 0 : host + 3);
        return (slash < 0 ? apiUrl : apiUrl.substring(0, slash)) + "/" + path;
    }
}
