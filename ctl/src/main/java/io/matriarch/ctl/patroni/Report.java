package io.matriarch.ctl.patroni;

import io.matriarch.http.RestResult.Answer;
import io.matriarch.model.Member;

/** Lines about what members answered. */
final class Report {

    private Report() {}

    static String success(String action, Member member) {
        return "Success: " + action + " for member " + member.name();
    }

    static String failure(String action, Member member, Answer answer) {
        return "Failed: " + action + " for member " + member.name() + ", " + statusAndBody("status code", answer);
    }

    static String statusAndBody(String label, Answer answer) {
        return label + "=" + answer.status() + ", (" + answer.body() + ")";
    }
}
