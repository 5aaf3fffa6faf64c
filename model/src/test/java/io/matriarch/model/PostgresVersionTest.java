package io.matriarch.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PostgresVersionTest {

    @ParameterizedTest
    @CsvSource({"15.3, 150003", "10.1, 100001", "9.6.2, 90602", "18.0, 180000"})
    void versionsAsTheServerCountsThem(String text, int number) {
        assertEquals(new PostgresVersion.Valid(number), PostgresVersion.parse(text));
    }

    @ParameterizedTest
    @CsvSource({
        "15, Invalid PostgreSQL version format: X.Y or X.Y.Z is accepted: 15",
        "1.2.3.4, Invalid PostgreSQL version format: X.Y or X.Y.Z is accepted: 1.2.3.4",
        "a.b, Invalid PostgreSQL version: a.b",
        "15., Invalid PostgreSQL version: 15.",
        "999999999.1, Invalid PostgreSQL version: 999999999.1"
    })
    void whatIsNoVersionSaysWhy(String text, String message) {
        assertEquals(new PostgresVersion.Invalid(message), PostgresVersion.parse(text));
    }
}
