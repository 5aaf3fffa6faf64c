/**
 * What a person sees of the cluster in a browser, and the stream of events behind it. {@link
 * io.matriarch.agent.page.LivePage} is told what the cycle published and decided, remembers the last hours in bounded
 * memory and hands the same bytes to everybody who listens. Nothing here is asked by the cycle or may hold it up, and the
 * page reads neither the store nor PostgreSQL. The page itself are the files beside this package's classes.
 */
@NullMarked
package io.matriarch.agent.page;

import org.jspecify.annotations.NullMarked;
