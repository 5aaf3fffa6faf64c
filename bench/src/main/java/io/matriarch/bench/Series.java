package io.matriarch.bench;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Results of repetitions of one measurement, in one unit. */
record Series(List<Double> values) {

    Series {
        var sorted = new ArrayList<>(values);
        Collections.sort(sorted);
        values = List.copyOf(sorted);
        if (values.isEmpty()) {
            throw new IllegalArgumentException("nothing was measured");
        }
    }

    double median() {
        int middle = values.size() / 2;
        return values.size() % 2 == 1 ? values.get(middle) : (values.get(middle - 1) + values.get(middle)) / 2;
    }

    double min() {
        return values.getFirst();
    }

    double max() {
        return values.getLast();
    }
}
