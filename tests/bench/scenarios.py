"""The scenarios: what is run, by whom, and which figures are shown."""
import browser
import far
import home
import instructions
import near


class Scenario:
    """run(bed, server's name, protocol) returns figures. protos: "any", the first way to ask upstream that
    the server has, or all of these that it has; needs: capabilities; columns: {figure: heading}, the first
    being the one to judge by, shown as a multiple of stubd's too; lone: only in the first round."""

    def __init__(self, title, run, protos, needs, columns, lone=False):
        self.title, self.run, self.protos, self.needs = title, run, protos, set(needs)
        self.columns, self.lone = columns, lone

    def ways(self, caps):
        has = [p for p in ("dot", "doh", "udp") if p in caps]
        return has[:1] if self.protos == "any" else [p for p in has if p in self.protos]


CPU = {"cpu_us": "CPU µs", "user_us": "of it user", "qps": "q/s"}
BUSY = {"busy": "busy", "load_busy": "load busy", "lost": "lost"}
CALM = {"calm_cpu_us": "calm CPU µs", "calm_p50_us": "calm p50 µs", "calm_p99_us": "calm p99 µs"}
MISS = {**CPU, **BUSY, "servfail": "SERVFAIL", "connections": "connections", **CALM, "calm_failed": "calm failed"}

ALL = {
    "udp": Scenario("Cached answers over UDP", near.udp, "any", ["cache"], {**CPU, **BUSY, **CALM}),
    "tcp": Scenario("Cached answers over TCP", near.tcp, "any", ["cache", "tcp"], {**CPU, **BUSY, **CALM}),
    "dot": Scenario("A miss over DoT", near.miss, ["dot"], ["dot"], MISS),
    "doh": Scenario("A miss over DoH", near.miss, ["doh"], ["doh"], MISS),
    "validated": Scenario("A miss that is validated", near.validated, ["dot", "doh"], ["validate"], {
        **CPU, "single_cpu_us": "one by one CPU µs", "single_p50_us": "p50 µs", "cold_cpu_us": "new zone CPU µs",
        "first_cpu_us": "first CPU µs", "first_ms": "first ms", "failed": "failed", "rss_kib": "2,000 names RSS KiB",
        "pss_kib": "PSS KiB"}),
    "browser": Scenario("Cached answers over a local DoH server", browser.cached, "any", ["browser"], {
        **CPU, "p50_us": "p50 µs", "p99_us": "p99 µs", "lost": "lost", **CALM, "new_cpu_us": "new connection CPU µs",
        "new_lost": "lost"}),
    "distance": Scenario("An upstream 30 ms away", far.distance, ["dot", "doh"], [], {
        "warm_over_ms": "warm, over the direct way ms", "warm_over_tls_ms": "over plain TLS ms", "warm_ms": "warm ms",
        "base_ms": "direct ms", "tls_ms": "plain TLS ms", "cold_ms": "first ms", "ahead_ms": "first, prewarmed ms", "again_ms": "after a closed connection ms", "burst_p50_ms": "burst p50 ms",
        "burst_p99_ms": "burst p99 ms", "burst_base_p50_ms": "direct p50 ms", "burst_base_p99_ms": "direct p99 ms",
        "burst_failed": "burst failed", "octets": "octets a query"}),
    "outage": Scenario("One of two upstreams is lost", far.outage, ["dot", "doh"], ["many"], {
        f"{way}_{key}": f"{word} {heading}"
        for way, word in (("kill", "killed:"), ("stop", "stopped:"), ("drop", "black-holed:"))
        for key, heading in (("failed", "failed"), ("slow", "over 1 s"), ("recover_s", "recovered s"),
                             ("worst_ms", "worst ms"))}, lone=True),
    "start": Scenario("Start, memory, wake-ups", home.start, "any", [], {
        "idle_pss_kib": "idle PSS KiB", "idle_rss_kib": "RSS KiB", "local_ms": "first local answer ms",
        "start_ms": "first answer ms", "wakeups_min": "wake-ups a minute", "10k_pss_kib": "10k names PSS KiB",
        "10k_rss_kib": "RSS KiB", "10k_done": "answered", "100k_pss_kib": "100k names PSS KiB",
        "100k_rss_kib": "RSS KiB", "100k_done": "answered"}),
    "flood": Scenario("A flood of new names", home.flood, "any", ["cache"], {
        "hit_p99_ms": "cached p99 ms", "hit_p50_ms": "p50 ms", "hit_failed": "cached failed",
        "peak_kib": "peak RSS KiB", "before_kib": "before", "after_kib": "after", "cpu_us": "CPU µs",
        "answered": "new names answered", "servfail": "SERVFAIL", "lost": "lost"}),
    "cached-instructions": Scenario("User instructions: a cached answer", instructions.cached, "any", ["cache"],
                                    {"instructions": "instructions"}, lone=True),
    "miss-instructions": Scenario("User instructions: a miss", instructions.miss, ["dot", "doh"], [],
                                  {"instructions": "instructions"}, lone=True),
    "validated-instructions": Scenario("User instructions: a miss that is validated", instructions.validated,
                                       ["dot", "doh"], ["validate"], {"instructions": "instructions"}, lone=True),
}
