"""Creates the topics of the suite: command `lantian-topics`; a job in compose and Kubernetes."""

import argparse
import sys

from lantian_kit.bus import create_topics
from lantian_proto.topics import TOPICS


def main() -> int:
    """Waits for the broker, creates what is missing, says what it did."""
    parser = argparse.ArgumentParser(description="Creates the topics that are missing.")
    parser.add_argument("--bootstrap", required=True, help="brokers, comma separated host:port")
    parser.add_argument("--replication", type=int, default=3, help="copies of each partition")
    parser.add_argument("--partitions-at-most", type=int, default=None, help="caps the partitions, for one machine")
    arguments = parser.parse_args()
    created = create_topics(
        arguments.bootstrap,
        TOPICS.values(),
        replication=arguments.replication,
        partitions_override=arguments.partitions_at_most,
    )
    sys.stdout.write(f"created: {', '.join(created) or 'nothing, all topics exist'}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
