import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * Frames in hexadecimal on the standard input, one a line, then a line "speed", then those to be timed. Prints "1" for each,
 * or "0" and the fault; then frames read and CPU nanoseconds of this thread.
 * Argument: the mapper's class, which both libraries call T212Mapper.
 */
public final class Reads {
  private Reads() {}

  public static void main(String[] arguments) throws Exception {
    Class<?> type = Class.forName(arguments[0]);
    Object mapper = type.getConstructor().newInstance();
    type.getMethod("enableDefaultParserFeatures").invoke(mapper);
    type.getMethod("enableDefaultVerifyFeatures").invoke(mapper);
    Method read = type.getMethod("readDeepMap", String.class);
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    String line = lines.readLine();
    for (; line != null && !line.startsWith("speed"); line = lines.readLine()) {
      String frame = new String(HexFormat.of().parseHex(line), StandardCharsets.UTF_8);
      try {
        read.invoke(mapper, frame);
        System.out.println("1");
      } catch (InvocationTargetException fault) {
        System.out.println("0 " + String.valueOf(fault.getCause()).replace('\n', ' '));
      }
    }
    List<String> timed = new ArrayList<>();
    for (line = lines.readLine(); line != null; line = lines.readLine()) {
      timed.add(new String(HexFormat.of().parseHex(line), StandardCharsets.UTF_8));
    }
    java.lang.management.ThreadMXBean clock = java.lang.management.ManagementFactory.getThreadMXBean();
    long frames = 0;
    long spent = 0;
    for (int round = 0; round < 2; round++) { // the first one warms the compiler
      frames = 0;
      long begin = clock.getCurrentThreadCpuTime();
      do {
        for (String frame : timed) {
          read.invoke(mapper, frame);
        }
        frames += timed.size();
        spent = clock.getCurrentThreadCpuTime() - begin;
      } while (spent < 2_000_000_000L);
    }
    System.out.println(frames + " " + spent);
  }
}
