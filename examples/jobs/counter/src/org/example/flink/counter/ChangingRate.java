package org.example.flink.counter;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.connector.source.util.ratelimit.RateLimiter;
import org.apache.flink.api.connector.source.util.ratelimit.RateLimiterStrategy;

/** A rate that is read from a file again and again, so that it changes while the job runs. */
final class ChangingRate implements RateLimiterStrategy {
    private static final long serialVersionUID = 1L;

    private final String file;
    private final double initialRate;

    /** The initial rate holds until the file is there. */
    ChangingRate(String file, double initialRate) {
        this.file = file;
        this.initialRate = initialRate;
    }

    @Override
    public RateLimiter createRateLimiter(int parallelism) {
        return new Limiter(Path.of(file), initialRate);
    }

    private static final class Limiter implements RateLimiter {
        private static final long READ_EVERY_NANOS = TimeUnit.SECONDS.toNanos(1);

        private final Path file;
        private double rate;
        private long readAt = System.nanoTime() - READ_EVERY_NANOS;
        private long nextAt = System.nanoTime();

        Limiter(Path file, double rate) {
            this.file = file;
            this.rate = rate;
        }

        @Override
        public CompletionStage<Void> acquire() {
            return acquire(1);
        }

        /** Overrides a method that the interface has since Flink 2.2. */
        public CompletionStage<Void> acquire(int numbers) {
            long now = System.nanoTime();
            if (now - readAt >= READ_EVERY_NANOS) {
                readAt = now;
                rate = currentRate();
            }
            long delay = Math.max(0, nextAt - now);
            nextAt = now + delay + (long) (numbers * TimeUnit.SECONDS.toNanos(1) / rate);
            return CompletableFuture.runAsync(
                    () -> {}, CompletableFuture.delayedExecutor(delay, TimeUnit.NANOSECONDS));
        }

        /** The last rate where the file is absent or being written. */
        private double currentRate() {
            try {
                double read = Double.parseDouble(Files.readString(file).trim());
                return read > 0 ? read : rate;
            } catch (IOException | NumberFormatException unfinished) {
                return rate;
            }
        }
    }
}
