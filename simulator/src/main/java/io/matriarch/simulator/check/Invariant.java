package io.matriarch.simulator.check;

/** What is checked, under the names that the scenarios use. */
public enum Invariant {
    I1("at most one server accepts writes"),
    I2("whoever may be promoted holds every commit that was promised to be kept"),
    I3("whoever is promoted has every commit that was promised to be kept"),
    I4("no data directory is started, rewritten or removed while that loses something"),
    I5("at most one node believes that it leads"),
    I6("after the faults there is one leader, everybody streams, and writes go on"),
    I7("the number of promotions is bounded by the number of faults and requests"),
    I8("no slot of a member that is there is dropped"),
    I9("a node that must not lead does not lead"),
    I10("in the end every agent goes by the configuration in the store"),
    I11("a health check claims no role that the node does not have"),
    I12("what is done stands in the journal, with its reasons");

    private final String meaning;

    Invariant(String meaning) {
        this.meaning = meaning;
    }

    String meaning() {
        return meaning;
    }

    /** That it does not hold. */
    public Violation violated(String what) {
        return new Violation(this, what);
    }
}
