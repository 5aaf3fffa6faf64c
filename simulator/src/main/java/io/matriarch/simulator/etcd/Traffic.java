package io.matriarch.simulator.etcd;

/** What the clients of a cluster asked its members, and what they were told, since the world began. Bytes are of documents. */
public final class Traffic {

    private long requests;
    private long requestBytes;
    private long answerBytes;
    private long notices;
    private long noticeBytes;

    /**
     * The figures of one moment.
     *
     * @param requests that were sent, watches not counted
     * @param notices lines that watches told their clients
     */
    public record Figures(long requests, long requestBytes, long answerBytes, long notices, long noticeBytes) {

        /** What came after another moment. */
        public Figures since(Figures earlier) {
            return new Figures(
                    requests - earlier.requests,
                    requestBytes - earlier.requestBytes,
                    answerBytes - earlier.answerBytes,
                    notices - earlier.notices,
                    noticeBytes - earlier.noticeBytes);
        }
    }

    void request(int bytes) {
        requests++;
        requestBytes += bytes;
    }

    void answer(int bytes) {
        answerBytes += bytes;
    }

    void notice(int bytes) {
        notices++;
        noticeBytes += bytes;
    }

    public Figures figures() {
        return new Figures(requests, requestBytes, answerBytes, notices, noticeBytes);
    }
}
