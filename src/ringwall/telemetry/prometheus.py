"""The metrics as Prometheus reads them. The format is prometheus_client's; the counts are ours.

Source: Prometheus exposition format 0.0.4 and OpenMetrics 1.0.0; names by OpenTelemetry's "Prometheus and OpenMetrics compatibility".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import choose_encoder

from ringwall.telemetry.instruments import Histogram, Instrument, Reading, Store

_UNITS = {"s": "seconds", "By": "bytes"}


class Page(NamedTuple):
    """What is sent."""

    content_type: str
    body: bytes


def prometheus_page(store: Store, readings: Sequence[Reading], *, version: str, accept: str) -> Page:
    """Render everything in the format that `accept` asks for."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(store, readings, version))
    ProcessCollector(registry=registry)
    encode, content_type = choose_encoder(accept)
    return Page(content_type, encode(registry))


class _Collector:
    """Hands prometheus_client what was counted."""

    def __init__(self, store: Store, readings: Sequence[Reading], version: str) -> None:
        self._store = store
        self._readings = readings
        self._version = version

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterator[Metric]:
        yield InfoMetricFamily("ringwall_build", "Which release this is.", {"version": self._version})
        for instrument, series in self._store.counters():
            counter = CounterMetricFamily(_name(instrument), instrument.help, labels=_labels(instrument))
            for labels, value in series.items():
                counter.add_metric(labels, value)
            yield counter
        for instrument, histograms in self._store.histograms():
            family = HistogramMetricFamily(_name(instrument), instrument.help, labels=_labels(instrument))
            for labels, histogram in histograms.items():
                family.add_metric(labels, list(_buckets(instrument, histogram)), histogram.total)
            yield family
        gauges: dict[str, GaugeMetricFamily] = {}
        for instrument, labels, value in self._readings:
            name = _name(instrument)
            gauge = gauges.setdefault(name, GaugeMetricFamily(name, instrument.help, labels=_labels(instrument)))
            gauge.add_metric(labels, value)
        yield from gauges.values()


def _name(instrument: Instrument) -> str:
    name = instrument.name.replace(".", "_")
    unit = _UNITS.get(instrument.unit)
    return f"{name}_{unit}" if unit else name


def _labels(instrument: Instrument) -> list[str]:
    return [label.replace(".", "_") for label in instrument.labels]


def _buckets(instrument: Instrument, histogram: Histogram) -> Iterator[tuple[str, float]]:
    below = 0
    for bound, number in zip((*instrument.bounds, float("inf")), histogram.counts, strict=True):
        below += number
        yield ("+Inf" if bound == float("inf") else repr(bound)), below
