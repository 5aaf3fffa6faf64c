package io.matriarch.model;

import java.util.regex.Pattern;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.resolver.Resolver;

/** The patterns by which PyYAML's resolver tells plain scalars apart. */
final class PlainScalars extends Resolver {

    private static final Pattern BOOLEAN =
            Pattern.compile("yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF");
    private static final Pattern REAL = Pattern.compile("""
        [-+]?[0-9][0-9_]*\\.[0-9_]*(?:[eE][-+][0-9]+)?\
        |\\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?\
        |[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\\.[0-9_]*\
        |[-+]?\\.(?:inf|Inf|INF)|\\.(?:nan|NaN|NAN)\
        """);
    private static final Pattern INTEGER = Pattern.compile("""
        [-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+\
        |[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+\
        """);

    private static final Pattern DATE = Pattern.compile("""
        \\d{4}-\\d\\d-\\d\\d\
        |\\d{4}-\\d\\d?-\\d\\d?(?:[Tt]|[ \\t]+)\\d\\d?:\\d\\d:\\d\\d(?:\\.\\d*)?\
        (?:[ \\t]*(?:Z|[-+]\\d\\d?(?::\\d\\d)?))?\
        """);
    private static final Pattern DEFAULT_VALUE = Pattern.compile("=");

    /** The tag of a plain {@code =}; it means something in no configuration, and is a text here. */
    static final Tag VALUE = new Tag(Tag.PREFIX + "value");

    @Override
    protected void addImplicitResolvers() {
        addImplicitResolver(Tag.BOOL, BOOLEAN, "yYnNtTfFoO");
        addImplicitResolver(Tag.INT, INTEGER, "-+0123456789");
        addImplicitResolver(Tag.FLOAT, REAL, "-+0123456789.");
        addImplicitResolver(Tag.TIMESTAMP, DATE, "0123456789");
        addImplicitResolver(VALUE, DEFAULT_VALUE, "=");
        addImplicitResolver(Tag.MERGE, MERGE, "<");
        addImplicitResolver(Tag.NULL, NULL, "~nN\0");
        addImplicitResolver(Tag.NULL, EMPTY, null);
    }
}
