import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/** Kafka Streams with the same three rules, windows and limits: its processor API, or its windowed DSL. One thread. */
public final class Streams {
    static final long HOUR = 3_600_000L, GAP = 300_000L;
    static final int PARTITIONS = 4, EQUAL = 240, FIELDS = 40;
    static final double[] LIMITS = new double[10];
    static final Map<String, String> ARGUMENTS = new HashMap<>();
    static final Map<String, Integer> LAYOUT = new HashMap<>();
    static final AtomicLong FINDINGS = new AtomicLong();
    static final long[] MISSING = new long[PARTITIONS];
    static int open = PARTITIONS;
    static long seen, before, cpu, wall, records;

    static long cpuNanos() {
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
                .getProcessCpuTime();
    }

    static void saw(int partition) throws Exception {
        seen++;
        if (open > 0 && --MISSING[partition] == 0 && --open == 0) {
            cpu = cpuNanos();
            wall = System.nanoTime();
            before = seen;
        }
        if (seen < records) return;
        double taken = (cpuNanos() - cpu) / 1e9, lasted = (System.nanoTime() - wall) / 1e9, peak = 0;
        for (String line : Files.readAllLines(Path.of("/proc/self/status")))
            if (line.startsWith("VmHWM:")) peak = Double.parseDouble(line.replaceAll("[^0-9]", "")) / 1024;
        System.out.printf(
                "{\"records\": %d, \"cpu_seconds\": %f, \"wall_seconds\": %f, \"findings\": %d, \"peak_megabytes\": %f}%n",
                seen - before, taken, lasted, FINDINGS.get(), peak);
        System.out.flush();
        Runtime.getRuntime().halt(0);
    }

    static int at(String name) {
        return LAYOUT.get(name);
    }

    /** State of a source: time of the last frame, then hour, sum, number, value and length of the run of each factor. */
    static long judge(ByteBuffer state, ByteBuffer record, int timeAt, int valueAt, int rows) {
        long time = record.getLong(timeAt), last = state.getLong(0), hour = time / HOUR, found = 0;
        if (last > 0 && last < time - GAP) found++;
        state.putLong(0, time);
        for (int row = 0, place = 8; row < rows; row++, place += FIELDS) {
            double value = record.getDouble(valueAt + 8 * row), sum = state.getDouble(place + 8);
            long number = state.getLong(place + 16), run = state.getLong(place + 32);
            if (state.getLong(place) != hour) {
                if (number > 0 && sum / number > LIMITS[row]) found++;
                state.putLong(place, hour);
                sum = 0;
                number = 0;
            }
            state.putDouble(place + 8, sum + value);
            state.putLong(place + 16, number + 1);
            if (state.getDouble(place + 24) == value && run > 0) {
                if (++run == EQUAL) found++;
            } else {
                state.putDouble(place + 24, value);
                run = 1;
            }
            state.putLong(place + 32, run);
        }
        return found;
    }

    static final class Judge implements Processor<byte[], byte[], Void, Void> {
        private final int length = at("length"), timeAt = at("time"), valueAt = at("value"), rows = at("rows");
        private final int nameAt = at("name"), nameLength = at("name_length");
        private KeyValueStore<String, byte[]> store;
        private ProcessorContext<Void, Void> context;

        @Override
        public void init(ProcessorContext<Void, Void> context) {
            this.context = context;
            store = context.getStateStore("state");
        }

        @Override
        public void process(Record<byte[], byte[]> record) {
            try {
                byte[] value = record.value();
                if (value.length == length) {
                    String name = new String(value, nameAt, nameLength, StandardCharsets.ISO_8859_1);
                    byte[] held = store.get(name);
                    if (held == null) held = new byte[8 + rows * FIELDS];
                    ByteBuffer state = ByteBuffer.wrap(held).order(ByteOrder.LITTLE_ENDIAN);
                    ByteBuffer frame = ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN);
                    long found = judge(state, frame, timeAt, valueAt, rows);
                    if (found > 0) FINDINGS.addAndGet(found);
                    store.put(name, held);
                }
                saw(context.recordMetadata().orElseThrow().partition());
            } catch (Exception error) {
                throw new RuntimeException(error);
            }
        }
    }

    /** Durable: cached, with a changelog; otherwise in memory alone, lost with the process. */
    static Topology processor(String topic, boolean durable) {
        var store = Stores.keyValueStoreBuilder(
                Stores.inMemoryKeyValueStore("state"), Serdes.String(), Serdes.ByteArray());
        Topology topology = new Topology();
        topology.addSource("read", Serdes.ByteArray().deserializer(), Serdes.ByteArray().deserializer(), topic);
        topology.addProcessor("judge", Judge::new, "read");
        topology.addStateStore(
                durable ? store.withCachingEnabled().withLoggingEnabled(new HashMap<>()) : store.withLoggingDisabled(),
                "judge");
        return topology;
    }

    /** The hour mean as a window of the DSL; the runs and the gap in its aggregate, since it has no rule for them. */
    static Topology dsl(String topic) {
        StreamsBuilder builder = new StreamsBuilder();
        int length = at("length"), timeAt = at("time"), valueAt = at("value"), rows = at("rows");
        Serde<byte[]> bytes = Serdes.ByteArray();
        builder.stream(topic, Consumed.with(Serdes.String(), bytes)
                        .withTimestampExtractor((record, previous) -> {
                            byte[] value = (byte[]) record.value();
                            return value.length == length
                                    ? ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN).getLong(timeAt)
                                    : Math.max(0, previous);
                        }))
                .processValues(() -> new org.apache.kafka.streams.processor.api.FixedKeyProcessor<String, byte[], byte[]>() {
                    private org.apache.kafka.streams.processor.api.FixedKeyProcessorContext<String, byte[]> context;

                    @Override
                    public void init(
                            org.apache.kafka.streams.processor.api.FixedKeyProcessorContext<String, byte[]> context) {
                        this.context = context;
                    }

                    @Override
                    public void process(org.apache.kafka.streams.processor.api.FixedKeyRecord<String, byte[]> record) {
                        if (record.value().length == length) context.forward(record);
                        try {
                            saw(context.recordMetadata().orElseThrow().partition());
                        } catch (Exception error) {
                            throw new RuntimeException(error);
                        }
                    }
                })
                .groupByKey(Grouped.with(Serdes.String(), bytes))
                .windowedBy(TimeWindows.ofSizeWithNoGrace(Duration.ofHours(1)))
                .aggregate(() -> new byte[8 + rows * FIELDS],
                        (key, value, held) -> {
                            ByteBuffer state = ByteBuffer.wrap(held).order(ByteOrder.LITTLE_ENDIAN);
                            ByteBuffer frame = ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN);
                            FINDINGS.addAndGet(judge(state, frame, timeAt, valueAt, rows));
                            return held;
                        },
                        Materialized.<String, byte[]>as(
                                Stores.inMemoryWindowStore("hours", Duration.ofHours(2), Duration.ofHours(1), false))
                                .withKeySerde(Serdes.String()).withValueSerde(bytes))
                .toStream().filter((key, value) -> false).foreach((key, value) -> { });
        return builder.build();
    }

    public static void main(String[] given) throws Exception {
        for (int place = 0; place + 1 < given.length; place += 2) ARGUMENTS.put(given[place].substring(2), given[place + 1]);
        for (String part : ARGUMENTS.get("layout").split(","))
            LAYOUT.put(part.split("=")[0], Integer.parseInt(part.split("=")[1]));
        for (int row = 0; row < 10; row++) LIMITS[row] = Double.POSITIVE_INFINITY;
        LIMITS[0] = 35.0;
        LIMITS[1] = 50.0;
        LIMITS[2] = 10.0;
        records = Long.parseLong(ARGUMENTS.get("records"));
        for (int partition = 0; partition < PARTITIONS; partition++)
            MISSING[partition] = Long.parseLong(ARGUMENTS.get("warm")) / PARTITIONS;
        Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, ARGUMENTS.get("group"));
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, ARGUMENTS.get("bootstrap"));
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
        settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 2000);
        settings.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 64L << 20);
        settings.put(StreamsConfig.STATE_DIR_CONFIG, Files.createTempDirectory("bench-streams-").toString());
        settings.put("auto.offset.reset", "earliest");
        settings.put("replication.factor", 1);
        settings.put("max.poll.records", 5000);
        String topic = ARGUMENTS.get("topic");
        String api = ARGUMENTS.get("api");
        Topology topology = api.equals("dsl") ? dsl(topic) : processor(topic, api.equals("processor"));
        new KafkaStreams(topology, settings).start();
    }
}
