"""Writes web/openapi.json, from which the console's client is generated, as tasks says it now: `make web-api`."""

import json
from pathlib import Path

from prometheus_client import CollectorRegistry

from lantian_kit.clock import ManualClock
from lantian_tasks.access.people import Options
from lantian_tasks.access.principals import Access
from lantian_tasks.api import create_app
from lantian_tasks.metrics import TasksMetrics
from lantian_tasks.operations.desk import KafkaOperations
from lantian_tasks.store import MotorStore

FILE = Path(__file__).with_name("openapi.json")

if __name__ == "__main__":
    store = MotorStore("mongodb://nowhere", "none")
    metrics = TasksMetrics(CollectorRegistry())
    options, operations = Options(store.access), KafkaOperations("", "", "")
    app = create_app(store, Access(), ManualClock(), metrics, options=options, operations=operations)
    FILE.write_text(json.dumps(app.openapi(), ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")
