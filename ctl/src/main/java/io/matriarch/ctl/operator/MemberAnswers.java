package io.matriarch.ctl.operator;

import com.google.gson.JsonObject;
import io.matriarch.ctl.cli.CommandFailure;
import io.matriarch.ctl.patroni.Session;
import io.matriarch.http.RestResult;
import io.matriarch.http.RestResult.Answer;
import io.matriarch.http.RestResult.Failed;
import io.matriarch.model.ClusterView;
import io.matriarch.model.Json;
import io.matriarch.model.Member;
import io.matriarch.model.PeerStatus;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the members of a cluster said when they were asked for their status, all at the same time.
 *
 * @param documents the answers that are JSON objects, by member
 * @param troubles why there is none, by member
 */
public record MemberAnswers(Map<String, JsonObject> documents, Map<String, String> troubles) {

    /** Members that are alive answer from memory. */
    private static final Duration PATIENCE = Duration.ofSeconds(3);

    public MemberAnswers {
        documents = Collections.unmodifiableMap(new LinkedHashMap<>(documents));
        troubles = Collections.unmodifiableMap(new LinkedHashMap<>(troubles));
    }

    /** Asks all members of a cluster. */
    public static MemberAnswers ask(ClusterView view, Session session) throws CommandFailure {
        return ask(List.copyOf(view.members().values()), session);
    }

    /** Asks some members. */
    public static MemberAnswers ask(List<Member> members, Session session) throws CommandFailure {
        return ask(members, session, PATIENCE);
    }

    /** @param patience after which a member has not answered */
    public static MemberAnswers ask(List<Member> members, Session session, Duration patience) throws CommandFailure {
        List<RestResult> results = session.members().getFromAll(members, "patroni", patience);
        var documents = new LinkedHashMap<String, JsonObject>();
        var troubles = new LinkedHashMap<String, String>();
        for (int i = 0; i < members.size(); i++) {
            String name = members.get(i).name();
            switch (results.get(i)) {
                case Failed(String reason, boolean _) -> troubles.put(name, reason);
                case Answer(int status, String body, var _) ->
                    Json.parseObject(body)
                            .ifPresentOrElse(
                                    document -> documents.put(name, document),
                                    () -> troubles.put(name, "unexpected answer with status code " + status));
            }
        }
        return new MemberAnswers(documents, troubles);
    }

    /** The same as members hear it from each other in a race. */
    public Map<String, PeerStatus> statuses() {
        var statuses = new LinkedHashMap<String, PeerStatus>();
        documents.forEach((name, document) -> statuses.put(name, PeerStatus.parse(name, Json.compact(document))));
        troubles.forEach((name, reason) -> statuses.put(name, new PeerStatus.Unreachable(name, reason)));
        return statuses;
    }
}
